package dev.holdfast.mqtt.impl.simulation;

import dev.holdfast.mqtt.Message;
import dev.holdfast.mqtt.MqttException;
import dev.holdfast.mqtt.ReasonCode;
import dev.holdfast.mqtt.Subscription;
import dev.holdfast.mqtt.impl.packet.Connack;
import dev.holdfast.mqtt.impl.packet.Connect;
import dev.holdfast.mqtt.impl.packet.Disconnect;
import dev.holdfast.mqtt.impl.packet.Packet;
import dev.holdfast.mqtt.impl.packet.Puback;
import dev.holdfast.mqtt.impl.packet.Pubcomp;
import dev.holdfast.mqtt.impl.packet.Publish;
import dev.holdfast.mqtt.impl.packet.Pubrec;
import dev.holdfast.mqtt.impl.packet.Pubrel;
import dev.holdfast.mqtt.impl.packet.Suback;
import dev.holdfast.mqtt.impl.packet.Subscribe;
import dev.holdfast.mqtt.impl.packet.Unsuback;
import dev.holdfast.mqtt.impl.packet.Unsubscribe;
import dev.holdfast.mqtt.impl.session.Event;
import dev.holdfast.mqtt.store.Change;
import dev.holdfast.mqtt.store.OutgoingMessage;
import dev.holdfast.mqtt.store.Recovered;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** Packets, changes and events in few words, for the trace. */
final class Words {
    private Words() {}

    /** Texts and numbers are words already. */
    static String of(Object o) {
        if (o instanceof Packet p) {
            return of(p);
        } else if (o instanceof Event e) {
            return of(e);
        } else if (o instanceof Message m) {
            return of(m);
        } else if (o instanceof Recovered r) {
            return of(r);
        } else if (o instanceof List<?> changes) {
            return changes.stream().map(c -> of((Change) c)).collect(Collectors.joining("; "));
        }
        return String.valueOf(o);
    }

    static String of(Message m) {
        return "QoS " + m.qos().ordinal() + " " + m.payloadText() + (m.retain() ? " RETAIN" : "");
    }

    private static String of(Subscription s) {
        return s.topicFilter() + " QoS " + s.maximumQos().ordinal();
    }

    private static String of(ReasonCode reason) {
        return reason == ReasonCode.SUCCESS ? "" : " " + reason.name();
    }

    static String of(MqttException cause) {
        return cause == null
                ? ""
                : ", " + cause.getClass().getSimpleName() + ": " + cause.getMessage();
    }

    private static String typeOf(Object o) {
        return o.getClass().getSimpleName();
    }

    // ---- packets

    static String of(Packet packet) {
        String name = typeOf(packet).toUpperCase(Locale.ROOT);
        if (packet instanceof Publish p) {
            return name + " " + p.packetIdentifier() + (p.dup() ? " DUP " : " ") + of(p.message());
        } else if (packet instanceof Puback p) {
            return name + " " + p.packetIdentifier() + of(p.reason());
        } else if (packet instanceof Pubrec p) {
            return name + " " + p.packetIdentifier() + of(p.reason());
        } else if (packet instanceof Pubrel p) {
            return name + " " + p.packetIdentifier() + of(p.reason());
        } else if (packet instanceof Pubcomp p) {
            return name + " " + p.packetIdentifier() + of(p.reason());
        } else if (packet instanceof Subscribe p) {
            return name
                    + (" " + p.packetIdentifier() + " as " + p.subscriptionIdentifier() + " ")
                    + p.subscriptions().stream().map(Words::of).toList();
        } else if (packet instanceof Suback p) {
            return name + " " + p.packetIdentifier() + " " + p.reasons();
        } else if (packet instanceof Unsubscribe p) {
            return name + " " + p.packetIdentifier() + " " + p.topicFilters();
        } else if (packet instanceof Unsuback p) {
            return name + " " + p.packetIdentifier() + " " + p.reasons();
        } else if (packet instanceof Connect p) {
            return name
                    + (p.cleanStart() ? " Clean Start, Session Expiry " : " Session Expiry ")
                    + p.sessionExpiryInterval()
                    + ", Receive Maximum "
                    + p.receiveMaximum();
        } else if (packet instanceof Connack p) {
            return name + " " + of(p);
        } else if (packet instanceof Disconnect p) {
            boolean expires = p.sessionExpiryInterval() != Disconnect.ABSENT;
            String expiry = expires ? " Session Expiry " + p.sessionExpiryInterval() : "";
            return name + of(p.reason()) + expiry;
        }
        return name;
    }

    private static String of(Connack p) {
        if (p.reason().isError()) {
            return p.reason().name();
        }
        return "Session Present "
                + (p.sessionPresent() ? 1 : 0)
                + ", Receive Maximum "
                + p.receiveMaximum()
                + ", Maximum QoS "
                + p.maximumQos().ordinal();
    }

    // ---- changes

    private static String of(Change change) {
        if (change instanceof Change.Accepted c) {
            return "Accepted " + c.message().sequence() + " " + of(c.message().message());
        } else if (change instanceof Change.Sent c) {
            return "Sent " + c.sequence() + " as " + c.packetIdentifier();
        } else if (change instanceof Change.Released c) {
            return "Released " + c.sequence();
        } else if (change instanceof Change.Requeued c) {
            return "Requeued " + c.sequence();
        } else if (change instanceof Change.Completed c) {
            return "Completed " + c.sequence();
        } else if (change instanceof Change.Received c) {
            String what = c.message().deliveryId() + " " + of(c.message().message());
            return "Received " + c.packetIdentifier() + " as " + what;
        } else if (change instanceof Change.Forgotten c) {
            return "Forgotten " + c.packetIdentifier();
        } else if (change instanceof Change.Consumed c) {
            return "Consumed " + c.deliveryId();
        } else if (change instanceof Change.Subscribed c) {
            return "Subscribed " + of(c.subscription()) + " as " + c.identifier();
        } else if (change instanceof Change.Identified c) {
            return "Identified " + c.topicFilter() + " as " + c.identifier();
        } else if (change instanceof Change.Unsubscribed c) {
            return "Unsubscribed " + c.topicFilter();
        } else if (change instanceof Change.NumbersReserved c) {
            return "NumbersReserved " + c.below();
        } else if (change instanceof Change.IdentifiersReserved c) {
            return "IdentifiersReserved " + c.upTo();
        } else if (change instanceof Change.Presence c) {
            return "Presence " + c.presence();
        }
        return change.toString();
    }

    static String of(Recovered r) {
        StringBuilder words = new StringBuilder("presence ").append(r.presence());
        for (OutgoingMessage m : r.inFlight()) {
            words.append(", ").append(m.sequence()).append(' ').append(m.state());
            words.append(" as ").append(m.packetIdentifier());
            words.append(' ').append(m.message().payloadText());
        }
        words.append(", queued ").append(r.queuedMessages());
        words.append(", received ").append(r.receivedIdentifiers());
        words.append(", inbox");
        r.inbox().forEach(m -> words.append(' ').append(m.deliveryId()));
        r.subscriptions().forEach(s -> words.append(", ").append(of(s)));
        return words.toString();
    }

    // ---- events

    static String of(Event event) {
        String name = typeOf(event);
        if (event instanceof Event.Deliver e) {
            String again = e.incoming().redelivered() ? " again " : " ";
            return name + " " + e.incoming().deliveryId() + again + of(e.incoming().message());
        } else if (event instanceof Event.Settled e) {
            return name + " " + of(e.incoming().message()) + of(e.cause());
        } else if (event instanceof Event.Stored e) {
            return name + " " + e.publications();
        } else if (event instanceof Event.PublishFailed e) {
            return name + " " + e.sequence() + of(e.cause());
        } else if (event instanceof Event.Acknowledged e) {
            return name + " " + e.publications();
        } else if (event instanceof Event.Connected e) {
            return name + ", Session Present " + (e.connected().sessionPresent() ? 1 : 0);
        } else if (event instanceof Event.Disconnected e) {
            return name + of(e.cause());
        } else if (event instanceof Event.Reconnecting e) {
            return name + " " + e.next() + of(e.cause());
        } else if (event instanceof Event.ConnectDone e) {
            return name + " " + e.token();
        } else if (event instanceof Event.Subscribed e) {
            return name + " " + e.token();
        }
        return event.toString();
    }
}
