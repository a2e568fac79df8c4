package dev.holdfast.mqtt.impl.scripted;

import dev.holdfast.mqtt.Message;
import dev.holdfast.mqtt.QoS;
import dev.holdfast.mqtt.ReasonCode;
import dev.holdfast.mqtt.impl.packet.Auth;
import dev.holdfast.mqtt.impl.packet.Connack;
import dev.holdfast.mqtt.impl.packet.Puback;
import dev.holdfast.mqtt.impl.packet.Pubcomp;
import dev.holdfast.mqtt.impl.packet.Publish;
import dev.holdfast.mqtt.impl.packet.Pubrec;
import dev.holdfast.mqtt.impl.packet.Pubrel;
import dev.holdfast.mqtt.impl.packet.Suback;
import dev.holdfast.mqtt.impl.packet.Subscribe;
import dev.holdfast.mqtt.impl.packet.Unsuback;
import dev.holdfast.mqtt.impl.packet.Unsubscribe;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Packets of a server, in few words. */
public final class Packets {
    private Packets() {}

    public static Publish atMostOnce(String topic, String payload) {
        return publish(topic, payload, QoS.AT_MOST_ONCE, 0, false);
    }

    public static Publish atLeastOnce(int packetIdentifier, String topic, String payload) {
        return publish(topic, payload, QoS.AT_LEAST_ONCE, packetIdentifier, false);
    }

    public static Publish exactlyOnce(int packetIdentifier, String topic, String payload) {
        return publish(topic, payload, QoS.EXACTLY_ONCE, packetIdentifier, false);
    }

    /** The same, sent again. */
    public static Publish again(Publish p) {
        return new Publish(p.message(), p.packetIdentifier(), true);
    }

    private static Publish publish(
            String topic, String payload, QoS qos, int packetIdentifier, boolean dup) {
        Message message = Message.to(topic).payload(payload).qos(qos).build();
        return new Publish(message, packetIdentifier, dup);
    }

    public static Puback puback(int packetIdentifier) {
        return new Puback(packetIdentifier, ReasonCode.SUCCESS);
    }

    public static Puback puback(Publish p) {
        return puback(p.packetIdentifier());
    }

    public static Pubrec pubrec(int packetIdentifier) {
        return new Pubrec(packetIdentifier, ReasonCode.SUCCESS);
    }

    public static Pubrec pubrec(Publish p) {
        return pubrec(p.packetIdentifier());
    }

    public static Pubrel pubrel(int packetIdentifier) {
        return new Pubrel(packetIdentifier, ReasonCode.SUCCESS);
    }

    public static Pubcomp pubcomp(int packetIdentifier) {
        return new Pubcomp(packetIdentifier, ReasonCode.SUCCESS);
    }

    public static Pubcomp pubcomp(Publish p) {
        return pubcomp(p.packetIdentifier());
    }

    public static Suback suback(Subscribe s, ReasonCode reason) {
        return new Suback(s.packetIdentifier(), List.of(reason), null, List.of());
    }

    public static Unsuback unsuback(Unsubscribe u, ReasonCode reason) {
        return new Unsuback(u.packetIdentifier(), List.of(reason), null, List.of());
    }

    /** AUTH of a server that wants to hear more. */
    public static Auth continues(String method, String data) {
        return auth(ReasonCode.CONTINUE_AUTHENTICATION, method, data);
    }

    /** AUTH, with data unless it is null. */
    public static Auth auth(ReasonCode reason, String method, @Nullable String data) {
        return new Auth(reason, method, data(data), null, List.of());
    }

    private static @Nullable ByteBuffer data(@Nullable String text) {
        return text == null ? null : ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
    }

    /** A CONNACK of success that announces nothing, until something else is said. */
    public static ConnackBuilder connack() {
        return new ConnackBuilder();
    }

    /** A CONNACK that refuses the connection. */
    public static ConnackBuilder refusal(ReasonCode reason) {
        ConnackBuilder builder = new ConnackBuilder();
        builder.reason = reason;
        return builder;
    }

    /** Collects a CONNACK. */
    public static final class ConnackBuilder {
        private boolean sessionPresent;
        private ReasonCode reason = ReasonCode.SUCCESS;
        private long sessionExpiry = Connack.ABSENT;
        private int receiveMaximum = 65_535;
        private QoS maximumQos = QoS.EXACTLY_ONCE;
        private boolean retain = true;
        private long maximumPacketSize = Connack.NO_PACKET_LIMIT;
        private @Nullable String assignedClientIdentifier;
        private int topicAliasMaximum;
        private @Nullable String reasonString;
        private boolean wildcards = true;
        private boolean subscriptionIdentifiers = true;
        private boolean shared = true;
        private int keepAlive = Connack.ABSENT;
        private @Nullable String responseInformation;
        private @Nullable String serverReference;
        private @Nullable String authenticationMethod;
        private @Nullable String authenticationData;

        public ConnackBuilder sessionPresent() {
            sessionPresent = true;
            return this;
        }

        public ConnackBuilder sessionExpiry(Duration expiry) {
            sessionExpiry = expiry.toSeconds();
            return this;
        }

        public ConnackBuilder receiveMaximum(int maximum) {
            receiveMaximum = maximum;
            return this;
        }

        public ConnackBuilder maximumQos(QoS qos) {
            maximumQos = qos;
            return this;
        }

        public ConnackBuilder withoutRetain() {
            retain = false;
            return this;
        }

        public ConnackBuilder maximumPacketSize(int bytes) {
            maximumPacketSize = bytes;
            return this;
        }

        public ConnackBuilder assignedClientIdentifier(String identifier) {
            assignedClientIdentifier = identifier;
            return this;
        }

        public ConnackBuilder topicAliasMaximum(int maximum) {
            topicAliasMaximum = maximum;
            return this;
        }

        public ConnackBuilder reasonString(String words) {
            reasonString = words;
            return this;
        }

        public ConnackBuilder withoutWildcards() {
            wildcards = false;
            return this;
        }

        public ConnackBuilder withoutSubscriptionIdentifiers() {
            subscriptionIdentifiers = false;
            return this;
        }

        public ConnackBuilder withoutSharedSubscriptions() {
            shared = false;
            return this;
        }

        public ConnackBuilder serverKeepAlive(int seconds) {
            keepAlive = seconds;
            return this;
        }

        public ConnackBuilder responseInformation(String basis) {
            responseInformation = basis;
            return this;
        }

        public ConnackBuilder serverReference(String reference) {
            serverReference = reference;
            return this;
        }

        /** With data, unless it is null. */
        public ConnackBuilder authentication(String method, @Nullable String data) {
            authenticationMethod = method;
            authenticationData = data;
            return this;
        }

        public Connack build() {
            return new Connack(
                    sessionPresent,
                    reason,
                    sessionExpiry,
                    receiveMaximum,
                    maximumQos,
                    retain,
                    maximumPacketSize,
                    assignedClientIdentifier,
                    topicAliasMaximum,
                    reasonString,
                    List.of(),
                    wildcards,
                    subscriptionIdentifiers,
                    shared,
                    keepAlive,
                    responseInformation,
                    serverReference,
                    authenticationMethod,
                    data(authenticationData));
        }
    }
}
