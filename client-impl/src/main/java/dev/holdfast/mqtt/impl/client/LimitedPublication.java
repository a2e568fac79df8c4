package dev.holdfast.mqtt.impl.client;

import dev.holdfast.mqtt.Message;
import java.util.Comparator;

/** A publication that fails when its time is up. */
final class LimitedPublication extends PendingPublication {
    static final Comparator<LimitedPublication> BY_DEADLINE =
            Comparator.comparingLong(LimitedPublication::deadline)
                    .thenComparingLong(LimitedPublication::id);

    /** On the clock of the loop. */
    private final long deadline;

    LimitedPublication(
            long id, Message message, long expiresAt, long deadline, Publications publications) {
        super(id, message, expiresAt, publications);
        this.deadline = deadline;
    }

    @Override
    boolean isLimited() {
        return true;
    }

    long deadline() {
        return deadline;
    }
}
