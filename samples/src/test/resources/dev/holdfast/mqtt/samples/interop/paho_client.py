"""A client for tests: commands on standard input, messages on standard output, a line each."""

import sys

import paho.mqtt.client as mqtt
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties


def say(line):
    print(line, flush=True)


def on_message(client, userdata, m):
    p = m.properties.json() if m.properties else {}
    say(
        "MESSAGE "
        + "|".join(
            [
                str(m.qos),
                "1" if m.retain else "0",
                m.topic,
                str(p.get("PayloadFormatIndicator", "")),
                str(p.get("MessageExpiryInterval", "")),
                p.get("ContentType", ""),
                p.get("ResponseTopic", ""),
                bytes.fromhex(p.get("CorrelationData", "")).decode(),
                " ".join(name + ":" + value for name, value in p.get("UserProperty", [])),
                m.payload.hex(),
            ]
        )
    )


def publish(client, line):
    qos, retain, topic, utf8, expiry, content, response, correlation, user, payload = line.split("|")
    p = Properties(PacketTypes.PUBLISH)
    if utf8:
        p.PayloadFormatIndicator = 1
    if expiry:
        p.MessageExpiryInterval = int(expiry)
    if content:
        p.ContentType = content
    if response:
        p.ResponseTopic = response
    if correlation:
        p.CorrelationData = correlation.encode()
    for pair in user.split():
        name, value = pair.split(":")
        p.UserProperty = (name, value)
    sent = client.publish(topic, bytes.fromhex(payload), int(qos), retain == "1", p)
    sent.wait_for_publish()
    say("PUBLISHED")


def main():
    # Paho 2 asks which form of callbacks is meant.
    form = [mqtt.CallbackAPIVersion.VERSION1] if hasattr(mqtt, "CallbackAPIVersion") else []
    client = mqtt.Client(*form, protocol=mqtt.MQTTv5)
    client.on_connect = lambda *args: say("CONNECTED")
    client.on_subscribe = lambda *args: say("SUBSCRIBED")
    client.on_message = on_message
    client.connect(sys.argv[1], int(sys.argv[2]))
    client.loop_start()
    for line in sys.stdin:
        command, rest = line.rstrip("\n").split(" ", 1)
        if command == "subscribe":
            qos, topic_filter = rest.split(" ", 1)
            client.subscribe(topic_filter, qos=int(qos))
        elif command == "publish":
            publish(client, rest)


main()
