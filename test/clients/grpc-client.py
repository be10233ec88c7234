"""A caller of gRPC on the C core of grpc (Debian's python3-grpcio), with messages laid out by hand.

grpc-client.py HOST:PORT [--ca FILE] [--certificate FILE --key FILE] [--at-once N]

Reads a list of calls as JSON, each {"path": ..., "fields": ...}: a field is [number, text or fields], bytes are {"hex": ...}.
Writes a list of what they came to, in their order: {"code", "details", "sent", "answer"}, messages in hex.
"""
import argparse
import concurrent.futures
import json
import sys

import grpc


def varint(number):
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def payload(value):
    if isinstance(value, str):
        return value.encode()
    if isinstance(value, dict):
        return bytes.fromhex(value["hex"])
    return message(value)


def message(fields):
    out = b""
    for number, value in fields:
        content = payload(value)
        out += varint(number << 3 | 2) + varint(len(content)) + content
    return out


def read(path):
    if path is None:
        return None
    with open(path, "rb") as file:
        return file.read()


def channel_to(options):
    settings = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]
    if options.ca is None:
        return grpc.insecure_channel(options.address, settings)
    credentials = grpc.ssl_channel_credentials(read(options.ca), read(options.key), read(options.certificate))
    return grpc.secure_channel(options.address, credentials, settings)


def made(channel, call):
    sent = message(call.get("fields", []))
    outcome = {"sent": sent.hex()}
    try:
        answer = channel.unary_unary(call["path"])(sent, timeout=20)
        outcome.update(code="OK", details="", answer=answer.hex())
    except grpc.RpcError as error:
        outcome.update(code=error.code().name, details=error.details(), answer="")
    return outcome


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("address")
    parser.add_argument("--ca")
    parser.add_argument("--certificate")
    parser.add_argument("--key")
    parser.add_argument("--at-once", type=int, default=1)
    options = parser.parse_args()
    calls = json.load(sys.stdin)
    with channel_to(options) as channel:
        with concurrent.futures.ThreadPoolExecutor(options.at_once) as pool:
            json.dump(list(pool.map(lambda call: made(channel, call), calls)), sys.stdout)


main()
