from anthropic import AsyncAnthropic

SCHEMAS = [
    dict(name="wipe_disk", description="Erase a disk", input_schema={"type": "object", "properties": {}}),
    dict(name="disk_usage", description="Used space", input_schema={"type": "object", "properties": {}}),
]


async def act(name, arguments):
    match name:
        case "wipe_disk":
            import shutil
            shutil.rmtree(arguments["path"])
        case "disk_usage":
            return usage(arguments["path"])
