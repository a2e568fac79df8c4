package dev.holdfast.mqtt.impl.session;

import dev.holdfast.mqtt.QoS;
import dev.holdfast.mqtt.impl.packet.Connect;
import dev.holdfast.mqtt.impl.packet.Packet;
import dev.holdfast.mqtt.impl.packet.Pubcomp;
import dev.holdfast.mqtt.impl.packet.Publish;
import dev.holdfast.mqtt.impl.packet.Pubrec;
import dev.holdfast.mqtt.impl.packet.Pubrel;
import dev.holdfast.mqtt.impl.packet.Subscribe;
import dev.holdfast.mqtt.impl.packet.Unsubscribe;

/**
 * The rule that carries the product: what must be on disk before what leaves. Each rule waits for
 * all changes made before the effect, so none needs to know which change it rests on.
 *
 * <p>Not final, so that the simulation can break one rule at a time and show that it is needed.
 */
class WriteAhead {
    /** What an effect waits for. */
    enum Wait {
        /** Nothing. */
        NOTHING,
        /** Those of its kind that were made before it, so that it does not overtake them. */
        TURN,
        /**
         * All changes made before it; or that those made with it are of messages that are not on
         * disk, and will not be there without them.
         */
        MERGED,
        /** All changes made before it. */
        STORED
    }

    Wait before(Packet packet) {
        if (packet instanceof Publish publish) {
            return beforePublish(publish.message().qos());
        }
        if (packet instanceof Pubrel) {
            // That it was released, or after a crash the PUBLISH is sent again and taken for a new
            // message. What is not on disk is not sent again: see EarlyIdentifiers.
            return Wait.MERGED;
        }
        // CONNECT: that the old session is dropped (Clean Start 1), or that a new one may come into
        // being: its remains would be taken for state of the next session.
        // PUBREC: message and identifier, or the server forgets a message we do not have.
        // PUBCOMP: that the identifier is forgotten, or after a crash the server's next message
        // with it is taken for a repeat. For an unknown identifier too: unknown in memory is not
        // yet unknown on disk.
        // SUBSCRIBE, UNSUBSCRIBE: that a lost session's received identifiers are forgotten, or the
        // first messages of the new one are taken for repeats after a crash.
        boolean stored =
                packet instanceof Connect
                        || packet instanceof Pubrec
                        || packet instanceof Pubcomp
                        || packet instanceof Subscribe
                        || packet instanceof Unsubscribe;
        return stored ? Wait.STORED : Wait.NOTHING;
    }

    /** What is sent again needs no rule of its own: CONNECT has waited for all it rests on. */
    private static Wait beforePublish(QoS qos) {
        return switch (qos) {
            case AT_MOST_ONCE -> Wait.NOTHING;
            // May leave before its row is on disk: no promise has been made yet. If PUBACK is
            // quick, insert and delete cancel out and the disk is never touched. But it keeps its
            // place behind held PUBLISHes.
            case AT_LEAST_ONCE -> Wait.TURN;
            // The identifier must be tied to the message, or after a crash it goes out twice, or
            // under another. Unless it is reserved: see beforeEarly.
            case EXACTLY_ONCE -> Wait.STORED;
        };
    }

    /**
     * For the first PUBLISH of a message with one of {@link EarlyIdentifiers}. What was promised of
     * it rests on PUBREL, which waits for all of it.
     *
     * @param together whether one batch accepts the message and ties it to the identifier: if not,
     *     a crash between them leaves it queued, and it is sent again under another
     */
    Wait beforeEarly(boolean together) {
        return together ? Wait.TURN : Wait.MERGED;
    }

    /**
     * Whether a PUBLISH at QoS 2 may leave with a Packet Identifier before that is on disk: see
     * {@link EarlyIdentifiers}.
     *
     * @param free whether no other message on disk holds it, or will: if one does, it is sent again
     *     after a crash, and the server takes it for this one
     * @param quiet whether the server has given all its answers to the message that had it before:
     *     if not, one may be taken for an answer to this message, and this one for delivered
     */
    boolean mayLeaveEarly(boolean free, boolean quiet) {
        return free && quiet;
    }

    Wait before(Event event) {
        if (event instanceof Event.Deliver deliver) {
            // At QoS 2 a crash would hand the message over again under another delivery id.
            return exactlyOnce(deliver.incoming()) ? Wait.STORED : Wait.NOTHING;
        }
        if (event instanceof Event.Settled settled) {
            return exactlyOnce(settled.incoming()) ? Wait.STORED : Wait.NOTHING;
        }
        if (event instanceof Event.Acknowledged
                || event instanceof Event.SessionLost
                || event instanceof Event.AuthenticationAsked) {
            return Wait.NOTHING;
        }
        // What is told here must still be true after a crash: a message that failed is not sent
        // again, a Clean Start that is done is not done again, a subscription is known, or known to
        // be gone.
        boolean promise =
                event instanceof Event.Stored
                        || event instanceof Event.PublishFailed
                        || event instanceof Event.Connected
                        || event instanceof Event.Subscribed
                        || event instanceof Event.Unsubscribed;
        return promise ? Wait.STORED : Wait.TURN;
    }

    private static boolean exactlyOnce(Incoming incoming) {
        return incoming.message().qos() == QoS.EXACTLY_ONCE;
    }
}
