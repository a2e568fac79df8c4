package dev.holdfast.mqtt.impl.session;

import dev.holdfast.mqtt.QoS;
import dev.holdfast.mqtt.ReasonCode;
import dev.holdfast.mqtt.impl.packet.Connect;
import dev.holdfast.mqtt.impl.packet.Packet;
import dev.holdfast.mqtt.impl.packet.Pubcomp;
import dev.holdfast.mqtt.impl.packet.Publish;
import dev.holdfast.mqtt.impl.packet.Pubrec;
import dev.holdfast.mqtt.impl.packet.Pubrel;
import dev.holdfast.mqtt.impl.packet.Subscribe;
import dev.holdfast.mqtt.impl.packet.Unsubscribe;
import java.util.HashSet;
import java.util.Set;
import java.util.function.Predicate;

/**
 * The rules of {@link WriteAhead}, each of which can be broken alone: what it holds back leaves at
 * once.
 */
public enum BrokenRule {
    PUBLISH_QOS_2(o -> o instanceof Publish p && p.message().qos() == QoS.EXACTLY_ONCE),
    PUBLISH_QOS_1_TURN(o -> o instanceof Publish p && p.message().qos() == QoS.AT_LEAST_ONCE),
    EARLY_PUBLISH_TURN(o -> false),
    EARLY_PUBLISH_TOGETHER(o -> false),
    EARLY_PUBLISH_FREE(o -> false),
    EARLY_PUBLISH_QUIET(o -> false),
    PUBREL(o -> o instanceof Pubrel),
    PUBREC(o -> o instanceof Pubrec),
    PUBREC_OF_REPEAT(o -> false),
    PUBCOMP(o -> o instanceof Pubcomp p && p.reason() == ReasonCode.SUCCESS),
    PUBCOMP_UNKNOWN(o -> o instanceof Pubcomp p && p.reason() != ReasonCode.SUCCESS),
    CONNECT(o -> o instanceof Connect),
    SUBSCRIBE(o -> o instanceof Subscribe),
    UNSUBSCRIBE(o -> o instanceof Unsubscribe),
    STORED(o -> o instanceof Event.Stored),
    PUBLISH_FAILED(o -> o instanceof Event.PublishFailed),
    DELIVER(o -> o instanceof Event.Deliver),
    SETTLED(o -> o instanceof Event.Settled),
    SUBSCRIBED(o -> o instanceof Event.Subscribed),
    UNSUBSCRIBED(o -> o instanceof Event.Unsubscribed),
    CONNECTED(o -> o instanceof Event.Connected),
    TURN_OF_OTHER_EVENTS(
            o -> o instanceof Event e && new WriteAhead().before(e) == WriteAhead.Wait.TURN);

    private final Predicate<Object> early;

    BrokenRule(Predicate<Object> early) {
        this.early = early;
    }

    WriteAhead broken() {
        BrokenRule rule = this;
        Predicate<Object> chosen = this == PUBREC_OF_REPEAT ? new Repeats() : early;
        return new WriteAhead() {
            @Override
            Wait before(Packet packet) {
                return chosen.test(packet) ? Wait.NOTHING : super.before(packet);
            }

            @Override
            Wait beforeEarly(boolean together) {
                return rule == EARLY_PUBLISH_TURN
                        ? Wait.NOTHING
                        : super.beforeEarly(together || rule == EARLY_PUBLISH_TOGETHER);
            }

            @Override
            boolean mayLeaveEarly(boolean free, boolean quiet) {
                return super.mayLeaveEarly(
                        free || rule == EARLY_PUBLISH_FREE, quiet || rule == EARLY_PUBLISH_QUIET);
            }

            @Override
            Wait before(Event event) {
                return chosen.test(event) ? Wait.NOTHING : super.before(event);
            }
        };
    }

    /** Finds each PUBREC that answers another PUBLISH of the same exchange. */
    private static final class Repeats implements Predicate<Object> {
        private final Set<Integer> answered = new HashSet<>();

        @Override
        public boolean test(Object effect) {
            if (effect instanceof Pubcomp p) {
                answered.remove(p.packetIdentifier());
            }
            return effect instanceof Pubrec p && !answered.add(p.packetIdentifier());
        }
    }
}
