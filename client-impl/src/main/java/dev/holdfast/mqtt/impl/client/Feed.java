package dev.holdfast.mqtt.impl.client;

import org.jspecify.annotations.Nullable;

/** Brings messages to one handler, in its own way and at its own pace. */
interface Feed {
    /** Ends the subscriptions of a handler that wants no more messages. */
    interface Cancellation {
        void cancel(Feed feed);
    }

    /** Takes a message; called on the loop. */
    void add(HandOver.Part part);

    /** The handler's first subscription is on its way. */
    default void begin() {}

    /** The handler's last subscription has ended, or can have no messages any more. */
    default void end(@Nullable Throwable cause) {}
}
