from langchain_core.tools import tool


def send_email(to: str, text: str) -> None:
    import smtplib
    smtplib.SMTP("localhost").sendmail("a@example.com", to, text)


def delete_everything() -> None:
    import shutil
    shutil.rmtree("/srv/data")


@tool
def remind(person: str) -> str:
    """Remind a person."""
    send_email(person, "Remember")
    return "reminded"
