"""Repair of text in protobuf that is not UTF-8: protobuf refuses a whole message for one invalid byte of one text.

An exporter that truncates text to a number of bytes leaves half a character at its end. The message is decoded with its
texts as bytes, they are repaired, and it is encoded again. Only messages that protobuf refused are repaired.
"""

from functools import cache

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.descriptor import Descriptor, FieldDescriptor, FileDescriptor
from google.protobuf.message import Message

_TEXT = descriptor_pb2.FieldDescriptorProto.TYPE_STRING
_BYTES = descriptor_pb2.FieldDescriptorProto.TYPE_BYTES


def repair_protobuf(body: bytes, descriptor: Descriptor) -> bytes:
    """Replace invalid UTF-8 in the texts of a message by U+FFFD. Raises DecodeError if the body is not the message."""
    message = _with_bytes(descriptor).FromString(body)
    _repair(message, descriptor)
    repaired: bytes = message.SerializeToString()
    return repaired


def _repair(message: Message, meant: Descriptor) -> None:
    for field, value in message.ListFields():
        original = meant.fields_by_number[field.number]
        is_repeated = not isinstance(value, (bytes, int, float, Message))
        if original.message_type is not None:
            for one in value if is_repeated else (value,):
                _repair(one, original.message_type)
        elif original.type == FieldDescriptor.TYPE_STRING:
            if is_repeated:
                value[:] = [_as_utf8(one) for one in value]
            else:
                setattr(message, field.name, _as_utf8(value))


def _as_utf8(text: bytes) -> bytes:
    return text.decode(errors="replace").encode()


@cache
def _with_bytes(descriptor: Descriptor) -> type[Message]:
    """Build the class of a message type in which every text field is a bytes field."""
    pool = descriptor_pool.DescriptorPool()
    _add(pool, descriptor.file, set())
    return message_factory.GetMessageClass(pool.FindMessageTypeByName(descriptor.full_name))


def _add(pool: descriptor_pool.DescriptorPool, file: FileDescriptor, added: set[str]) -> None:
    if file.name in added:
        return
    added.add(file.name)
    for dependency in file.dependencies:
        _add(pool, dependency, added)
    proto = descriptor_pb2.FileDescriptorProto()
    file.CopyToProto(proto)
    for message in proto.message_type:
        _make_bytes(message)
    pool.Add(proto)


def _make_bytes(message: descriptor_pb2.DescriptorProto) -> None:
    for field in message.field:
        if field.type == _TEXT:
            field.type = _BYTES
    for nested in message.nested_type:
        _make_bytes(nested)
