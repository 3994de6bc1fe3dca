"""Implementation of `light_dataclasses`: a dataclass decorator that is fast to load and to apply."""

from collections.abc import Callable
from operator import attrgetter
from typing import Any, NoReturn

_MISSING: Any = object()


class Field:
    """Options of one field, as passed to `field`."""

    __slots__ = ("compare", "default", "default_factory", "init", "repr")

    def __init__(self, default: Any, default_factory: Any, *, init: bool, repr: bool, compare: bool) -> None:  # noqa: A002
        self.default = default
        self.default_factory = default_factory
        self.init = init
        self.repr = repr
        self.compare = compare


def field(
    *,
    default: Any = _MISSING,
    default_factory: Any = _MISSING,
    init: bool = True,
    repr: bool = True,  # noqa: A002 - the standard library's words
    compare: bool = True,
) -> Any:
    """Declare the options of one field, like `dataclasses.field`."""
    return Field(default, default_factory, init=init, repr=repr, compare=compare)


def replace(record: Any, /, **changes: Any) -> Any:
    """Return a copy of a record with some fields changed, like `dataclasses.replace`."""
    cls = type(record)
    return cls(
        **{name: changes.pop(name) if name in changes else getattr(record, name) for name in cls.__match_args__},
        **changes,
    )


def dataclass(cls: type | None = None, /, *, frozen: bool = False, slots: bool = False, eq: bool = True) -> Any:
    """Turn a class into a dataclass, like `dataclasses.dataclass`, but without support for inherited fields."""
    if cls is None:
        return lambda found: _made(found, frozen=frozen, slots=slots, eq=eq)
    return _made(cls, frozen=frozen, slots=slots, eq=eq)


def _made(cls: type, *, frozen: bool, slots: bool, eq: bool) -> type:
    if any("__dataclass_fields__" in base.__dict__ for base in cls.__mro__[1:]):
        msg = f"{cls.__qualname__} would inherit fields: use dataclasses.dataclass"
        raise TypeError(msg)
    declared = _declared(cls)
    if slots:
        cls = _with_slots(cls, tuple(declared))
    else:
        for name, spec in declared.items():
            _forget_field(cls, name, spec)
    cls.__init__ = _init(cls, declared, frozen=frozen, slots=slots)  # type: ignore[misc]
    cls.__match_args__ = tuple(name for name, spec in declared.items() if spec.init)  # type: ignore[misc, attr-defined]
    cls.__dataclass_fields__ = _Fields(declared)  # type: ignore[attr-defined]
    shown = tuple(name for name, spec in declared.items() if spec.repr)
    if "__repr__" not in cls.__dict__:
        cls.__repr__ = _repr(shown)  # type: ignore[method-assign, assignment]
    if eq:
        _compare(cls, tuple(name for name, spec in declared.items() if spec.compare), frozen=frozen)
    if frozen:
        cls.__setattr__ = _refuse_to_set  # type: ignore[method-assign, assignment]
        cls.__delattr__ = _refuse_to_delete  # type: ignore[method-assign, assignment]
        if slots:
            # By default, copying and unpickling set attributes, which a frozen class refuses.
            cls.__getstate__ = _state  # type: ignore[attr-defined]
            cls.__setstate__ = _set_state  # type: ignore[attr-defined]
    return cls


def _declared(cls: type) -> dict[str, Field]:
    declared: dict[str, Field] = {}
    for name in cls.__annotations__:
        default = cls.__dict__.get(name, _MISSING)
        is_field = isinstance(default, Field)
        declared[name] = default if is_field else Field(default, _MISSING, init=True, repr=True, compare=True)
    return declared


def _forget_field(cls: type, name: str, spec: Field) -> None:
    if isinstance(cls.__dict__.get(name), Field):
        if spec.default is _MISSING:
            delattr(cls, name)
        else:
            setattr(cls, name, spec.default)


def _with_slots(cls: type, names: tuple[str, ...]) -> type:
    """Create the class again with `__slots__`, which can only be set when a class is created."""
    body = {name: value for name, value in cls.__dict__.items() if name not in (*names, "__dict__", "__weakref__")}
    body["__slots__"] = names
    made = type(cls)(cls.__name__, cls.__bases__, body)
    made.__qualname__ = cls.__qualname__
    return made


def _init(cls: type, declared: dict[str, Field], *, frozen: bool, slots: bool) -> Callable[..., None]:
    known: dict[str, Any] = {"_missing": _MISSING, "_set": object.__setattr__}
    parameters: list[str] = []
    lines: list[str] = []
    for name, spec in declared.items():
        if not spec.init and spec.default_factory is _MISSING:
            continue
        value = name
        if spec.default_factory is not _MISSING:
            known[f"_make_{name}"] = spec.default_factory
            value = f"_make_{name}() if {name} is _missing else {name}" if spec.init else f"_make_{name}()"
            parameters += [f"{name}=_missing"] if spec.init else []
        elif spec.default is not _MISSING:
            known[f"_default_{name}"] = spec.default
            parameters.append(f"{name}=_default_{name}")
        else:
            parameters.append(name)
        if frozen and slots:
            # The slot's own setter bypasses the frozen class, and is faster than `object.__setattr__`.
            known[f"_set_{name}"] = cls.__dict__[name].__set__
            lines.append(f" _set_{name}(self, {value})")
        else:
            lines.append(f" _set(self, {name!r}, {value})" if frozen else f" self.{name} = {value}")
    if hasattr(cls, "__post_init__"):
        lines.append(" self.__post_init__()")
    # The executed text contains only names of fields, which are identifiers.
    exec(f"def __init__({', '.join(['self', *parameters])}):\n" + "\n".join(lines or [" pass"]), known)  # noqa: S102
    init: Callable[..., None] = known["__init__"]
    annotations = cls.__annotations__
    init.__annotations__ = {name: annotations[name] for name, spec in declared.items() if spec.init} | {"return": None}
    init.__qualname__ = f"{cls.__qualname__}.__init__"
    init.__module__ = cls.__module__
    return init


def _compare(cls: type, names: tuple[str, ...], *, frozen: bool) -> None:
    key: Callable[[Any], Any] = attrgetter(*names) if names else lambda _: ()

    def equals(self: Any, other: Any) -> bool:
        if other.__class__ is self.__class__:
            return bool(key(self) == key(other))
        return NotImplemented  # type: ignore[no-any-return]

    def hash_of(self: Any) -> int:
        return hash(key(self))

    if "__eq__" not in cls.__dict__:
        cls.__eq__ = equals  # type: ignore[method-assign, assignment]
    if cls.__dict__.get("__hash__") is None:
        cls.__hash__ = hash_of if frozen else None  # type: ignore[method-assign, assignment]


def _repr(names: tuple[str, ...]) -> Callable[[Any], str]:
    def shown(self: Any) -> str:
        return f"{type(self).__qualname__}({', '.join(f'{name}={getattr(self, name)!r}' for name in names)})"

    return shown


def _refuse_to_set(self: Any, name: str, value: object) -> NoReturn:
    from dataclasses import FrozenInstanceError  # slow to load, which this module avoids

    msg = f"cannot assign to field {name!r}"
    raise FrozenInstanceError(msg)


def _refuse_to_delete(self: Any, name: str) -> NoReturn:
    from dataclasses import FrozenInstanceError

    msg = f"cannot delete field {name!r}"
    raise FrozenInstanceError(msg)


def _state(self: Any) -> list[Any]:
    return [getattr(self, name) for name in self.__slots__]


def _set_state(self: Any, state: list[Any]) -> None:
    for name, value in zip(self.__slots__, state, strict=True):
        object.__setattr__(self, name, value)


class _Fields:
    """Descriptor of `__dataclass_fields__` that builds the standard library's field objects on first access."""

    def __init__(self, declared: dict[str, Field]) -> None:
        self._declared = declared

    def __get__(self, instance: object, owner: type) -> dict[str, Any]:
        import dataclasses

        annotations = owner.__annotations__
        described: list[tuple[str, Any, Any]] = []
        for name, spec in self._declared.items():
            arguments: dict[str, Any] = {
                "init": spec.init,
                "repr": spec.repr,
                "compare": spec.compare,
                "kw_only": False,
            }
            if spec.default_factory is not _MISSING:
                arguments["default_factory"] = spec.default_factory
            elif spec.default is not _MISSING:
                arguments["default"] = spec.default
            described.append((name, annotations[name], dataclasses.field(**arguments)))
        # `init=False` fields may be anywhere in the order; `make_dataclass` receives all options as keywords.
        made = dataclasses.make_dataclass(owner.__name__, described, eq=False, repr=False)
        fields: dict[str, Any] = made.__dataclass_fields__  # type: ignore[attr-defined]
        owner.__dataclass_fields__ = fields  # type: ignore[attr-defined]
        return fields
