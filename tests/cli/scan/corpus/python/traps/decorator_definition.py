import functools


def tool(func=None, *, name=None):
    """Mark a function as a tool."""
    def mark(inner):
        inner.tool_name = name or inner.__name__
        return inner
    return mark(func) if func else mark


def function_tool(func):
    @functools.wraps(func)
    def call(*args):
        return func(*args)
    return call


class Registry:
    def tool(self, name=None):
        def add(func):
            self.add_tool(func, name=name)
            return func
        return add

    def add_tool(self, func, name=None):
        self.tools[name or func.__name__] = func
