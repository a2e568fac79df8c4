package dev.holdfast.mqtt.impl.session;

import dev.holdfast.mqtt.store.Change;
import java.util.Arrays;

/**
 * Packet Identifiers with which a PUBLISH at QoS 2 may leave while it is still being stored: the
 * first ones of all, and how many is on disk. If a crash comes before the message is stored, the
 * server may hold an identifier of which the disk knows nothing else. The next run keeps all such
 * identifiers from use until it has ended these exchanges, with a PUBREL for each (MQTT 5, section
 * 3.6.2.1: an unknown Packet Identifier is no error during recovery).
 */
final class EarlyIdentifiers {
    /** PUBREL packets that a start may cost. */
    private static final int MOST = 8_192;

    /** Identifiers that are looked at for one message; they are taken and freed in turn, mostly. */
    private static final int LOOKS = 8;

    private static final long[] NONE = {};

    /** In place of a batch: the server may answer once more to a message that had it. */
    private static final long ANSWERS_FOLLOW = Long.MAX_VALUE;

    /** The holder of an identifier that an earlier run may have used. */
    private static final Object FORGOTTEN =
            new Object() {
                @Override
                public String toString() {
                    return "held by nothing that is stored";
                }
            };

    private final PacketIdentifiers<Object> identifiers;
    private final Outbox outbox;

    /** The identifiers are 1 to this one; 0 until the first message that might leave early. */
    private int reserved;

    /**
     * For each identifier the batch after which the disk holds nothing of its last user; as long as
     * the highest one that was freed asks for.
     */
    private long[] freedWith = NONE;

    /** The one looked at last. */
    private int last;

    /** How many are {@link #FORGOTTEN}. */
    private int forgotten;

    /**
     * As the last run left them.
     *
     * @param reserved how many there are on disk
     * @param identifiers with the identifiers of all messages on disk
     */
    EarlyIdentifiers(int reserved, PacketIdentifiers<Object> identifiers, Outbox outbox) {
        this.reserved = reserved;
        this.identifiers = identifiers;
        this.outbox = outbox;
        for (int i = 1; i <= reserved; i++) {
            if (identifiers.get(i) == null) {
                identifiers.recover(i, FORGOTTEN);
                forgotten++;
            }
        }
    }

    /**
     * Takes an identifier with which the message may leave early.
     *
     * @return 0 if there is none, or if the message may not
     */
    int take(Outgoing message) {
        if (outbox.isStored(message.acceptedWith)) {
            return 0;
        }
        for (int looks = Math.min(LOOKS, reserved); looks > 0; looks--) {
            last = last >= reserved ? 1 : last + 1;
            if (identifiers.get(last) == null && mayLeaveWith(last)) {
                identifiers.put(last, message);
                return last;
            }
        }
        // Those that the last run left behind will do, as soon as the server has answered.
        if (forgotten == 0 && reserved < MOST) {
            // This message waits for that, and those behind it keep their turn.
            last = reserved;
            reserved = Math.max(1, 2 * reserved);
            outbox.persist(new Change.IdentifiersReserved(reserved));
        }
        return 0;
    }

    private boolean mayLeaveWith(int identifier) {
        long freed = identifier < freedWith.length ? freedWith[identifier] : 0;
        boolean quiet = freed != ANSWERS_FOLLOW;
        return outbox.mayLeaveEarly(quiet ? freed : 0, quiet);
    }

    /** A message has given up its identifier, and the change that says so is made. */
    void freed(int identifier) {
        if (identifier <= reserved) {
            makeRoom(identifier);
            if (freedWith[identifier] == ANSWERS_FOLLOW) {
                identifiers.passOver(identifier);
            } else {
                freedWith[identifier] = outbox.barrier();
            }
        }
    }

    /**
     * The server has said the same twice, and will be answered twice: it may do that again. An
     * identifier that is not reserved may become so before that.
     */
    void answeredTwice(int identifier) {
        if (identifier <= MOST) {
            makeRoom(identifier);
            freedWith[identifier] = ANSWERS_FOLLOW;
        }
    }

    private void makeRoom(int identifier) {
        if (identifier >= freedWith.length) {
            freedWith = Arrays.copyOf(freedWith, Math.max(reserved, identifier) + 1);
        }
    }

    /** No more answers come. */
    void disconnected() {
        for (int i = 0; i < freedWith.length; i++) {
            if (freedWith[i] == ANSWERS_FOLLOW) {
                freedWith[i] = outbox.barrier();
            }
        }
    }

    // ---- what a crash has left

    /** The next one, behind this one, whose exchange is to be ended; 0 if there is none. */
    int nextForgotten(int behind) {
        for (int i = behind + 1; forgotten > 0 && i <= reserved; i++) {
            if (isForgotten(i)) {
                return i;
            }
        }
        return 0;
    }

    boolean isForgotten(int identifier) {
        return identifiers.get(identifier) == FORGOTTEN;
    }

    /** The server has none of it any more. */
    void end(int forgottenIdentifier) {
        identifiers.free(forgottenIdentifier);
        forgotten--;
    }

    void sessionLost() {
        for (int i = nextForgotten(0); i != 0; i = nextForgotten(i)) {
            end(i);
        }
    }
}
