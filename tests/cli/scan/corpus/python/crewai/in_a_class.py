from langchain.tools import tool


class CalculatorTools:
    @tool("Make a calculation")
    def calculate(operation):
        """Useful for any arithmetic, such as 200*7."""
        return eval(operation)

    @tool("Round a number")
    def rounded(number: float) -> int:
        """Round."""
        return round(number)
