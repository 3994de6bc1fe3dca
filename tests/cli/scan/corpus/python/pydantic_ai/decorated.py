from pydantic_ai import Agent, RunContext

bank = Agent("openai:gpt-5", deps_type=int, system_prompt="You are a bank's assistant.")


@bank.tool
async def balance(ctx: RunContext[int], pending: bool) -> float:
    """The customer's balance."""
    return await DB.fetchval("SELECT balance FROM accounts WHERE id = $1", ctx.deps)


@bank.tool_plain(retries=2)
def roll() -> int:
    """Roll a die."""
    return 4


@bank.tool(name="transfer_money")
async def transfer(ctx: RunContext[int], to: str, amount: float) -> str:
    """Transfer."""
    await DB.execute("UPDATE accounts SET balance = balance - $1", amount)
    return "done"


@bank.system_prompt
def greet() -> str:
    return "Be polite."


@bank.output_validator
def check(value: str) -> str:
    return value
