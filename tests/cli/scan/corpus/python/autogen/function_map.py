import autogen


def read_sheet(name: str) -> str:
    return open(name).read()


def fill_sheet(name: str, rows: list) -> None:
    with open(name, "w") as handle:
        handle.write(str(rows))


proxy = autogen.UserProxyAgent("proxy", code_execution_config=False)
proxy.register_function(
    function_map={
        "read_sheet": read_sheet,
        "write_sheet": fill_sheet,
    }
)
