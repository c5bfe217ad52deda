#!/usr/bin/env python3
"""A peer on the event bus, in Python, to meet ours on a real Redis server.

    python_bus.py PORT ACTION [ARGUMENT...]

It writes what a bus in Python writes: the text is json.dumps of the envelope, without options. Only
the standard library is needed.
"""
import datetime
import json
import socket
import sys
import time

TTL = 604800


class Redis:
    """One connection, RESP2."""

    def __init__(self, port):
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=30)
        self._stream = self._socket.makefile("rb")

    def send(self, *command):
        parts = [str(part).encode() for part in command]
        frame = b"*%d\r\n" % len(parts)
        for part in parts:
            frame += b"$%d\r\n%s\r\n" % (len(part), part)
        self._socket.sendall(frame)

    def ask(self, *command):
        self.send(*command)
        return self.read()

    def read(self):
        line = self._stream.readline()
        if not line.endswith(b"\r\n"):
            raise SystemExit("the server closed the connection")
        kind, rest = line[:1], line[1:-2]
        if kind == b"+":
            return rest.decode()
        if kind == b"-":
            raise SystemExit("the server says: " + rest.decode())
        if kind == b":":
            return int(rest)
        size = int(rest)
        if size < 0:
            return None
        if kind == b"$":
            return self._stream.read(size + 2)[:-2].decode()
        return [self.read() for _ in range(size)]


def now():
    return datetime.datetime.now(datetime.timezone.utc).replace(tzinfo=None).isoformat()


def envelope(data, retry_count=0):
    return {"data": data, "retry_count": retry_count, "event_id": data["event_id"]}


def publish(redis, channel, data):
    """Publishes and stores the event `data` (JSON text). Prints the message as it was sent."""
    event = {"event_id": None, "event_type": channel, "timestamp": now(), "service": "python",
             "user_id": None, "organization_id": None, "metadata": {}}
    event.update(json.loads(data))
    message = json.dumps(envelope(event))
    redis.ask("PUBLISH", channel, message)
    redis.ask("SET", "events:%s:%s" % (channel, event["event_id"]), message, "EX", TTL)
    sys.stdout.write(message)


def history(redis, channel):
    """Prints the stored texts of a channel, as a JSON array sorted by text."""
    texts, cursor = [], "0"
    while True:
        cursor, keys = redis.ask("SCAN", cursor, "MATCH", "events:%s:*" % channel, "COUNT", 100)
        texts += [redis.ask("GET", key) for key in keys]
        if cursor == "0":
            break
    for text in texts:
        json.loads(text)
    sys.stdout.write(json.dumps(sorted(set(texts))))


def bury(redis, channel, event, error):
    """Writes the envelope `event` (JSON text) to the dead letters. Prints the text as it was sent."""
    letter = json.dumps({"event": json.loads(event), "error": error, "timestamp": now(),
                         "channel": channel})
    redis.ask("LPUSH", "dlq:" + channel, letter)
    redis.ask("EXPIRE", "dlq:" + channel, TTL)
    sys.stdout.write(letter)


def consume(redis_port, channel, retries, base):
    """A consumer whose handler always fails: retries with backoff, then a dead letter, then ends."""
    subscriber, redis = Redis(redis_port), Redis(redis_port)
    subscriber.ask("SUBSCRIBE", channel)
    print("ready", flush=True)
    while True:
        text = subscriber.read()[2]
        message = json.loads(text)
        count = message.get("retry_count", 0)
        if count == int(retries):
            bury(redis, channel, json.dumps(envelope(message["data"], count)), "it always fails")
            return
        time.sleep(float(base) * 2 ** (count + 1))
        redis.ask("PUBLISH", channel, json.dumps(envelope(message["data"], count + 1)))


def echo():
    """Reads a JSON array of texts from standard input. Prints an array of what json.dumps makes of
    each."""
    print(json.dumps([json.dumps(json.loads(text)) for text in json.load(sys.stdin)]))


def main():
    port, action, arguments = int(sys.argv[1]), sys.argv[2], sys.argv[3:]
    if action == "consume":
        consume(port, *arguments)
    elif action == "echo":
        echo()
    else:
        {"publish": publish, "history": history, "bury": bury}[action](Redis(port), *arguments)


if __name__ == "__main__":
    main()
