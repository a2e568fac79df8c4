package dev.holdfast.mqtt.samples.interop;

import dev.holdfast.mqtt.Message;
import dev.holdfast.mqtt.QoS;
import java.time.Duration;

/** A client that others have made, connected to the broker. It is spoken to in Holdfast's words. */
interface OtherClient extends AutoCloseable {
    /** Longest wait for anything; generous, since it is met only by failures. */
    Duration PATIENCE = Duration.ofSeconds(20);

    /** Subscribes; returns when the broker has confirmed. */
    void subscribe(String topicFilter, QoS qos) throws Exception;

    /** The next message that it has received. */
    Message next() throws Exception;

    /** Publishes; returns when the message is acknowledged. */
    void publish(Message message) throws Exception;

    @Override
    void close();
}
