from anthropic import Anthropic

Anthropic().beta.messages.create(
    model="claude-sonnet-4-5",
    max_tokens=500,
    messages=[],
    tools=[
        {"type": "bash_20250124", "name": "bash"},
        {"type": "computer_20250124", "name": "computer", "display_width_px": 1024, "display_height_px": 768},
        {"type": "web_search_20250305", "name": "web_search", "max_uses": 3},
    ],
)
