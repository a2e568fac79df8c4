package dev.holdfast.mqtt;

import java.util.Objects;

/**
 * A Topic Filter with its subscription options (MQTT 5, section 3.8.3.1).
 *
 * @param topicFilter a Topic Filter, or a shared one: {@code $share/NAME/FILTER}
 * @param maximumQos the highest QoS at which the server shall forward messages
 * @param noLocal whether messages that this client published itself stay away; not with shared
 *     subscriptions
 * @param retainAsPublished whether forwarded messages keep their RETAIN flag
 * @param retainHandling whether retained messages are sent when subscribing
 */
public record Subscription(
        String topicFilter,
        QoS maximumQos,
        boolean noLocal,
        boolean retainAsPublished,
        RetainHandling retainHandling) {

    /**
     * What the server does with retained messages when the subscription is made. The order is that
     * of the wire.
     */
    public enum RetainHandling {
        /** They are sent at every SUBSCRIBE. */
        SEND,
        /** They are sent if the subscription did not exist before. */
        SEND_IF_NEW,
        /** They are not sent. */
        DO_NOT_SEND
    }

    /**
     * Checks the filter and the options.
     *
     * @throws IllegalArgumentException if the server would have to refuse them
     */
    public Subscription {
        Strings.requireTopicFilter(topicFilter);
        Objects.requireNonNull(maximumQos);
        Objects.requireNonNull(retainHandling);
        if (noLocal && topicFilter.startsWith("$share/")) {
            throw new IllegalArgumentException(
                    "No Local is a Protocol Error on the shared subscription '"
                            + topicFilter
                            + "'; leave out withoutOwnMessages()");
        }
    }

    /**
     * A subscription that takes messages at the QoS they were published with.
     *
     * @param topicFilter the Topic Filter
     * @return QoS 2 at most, own messages too, RETAIN cleared, retained messages sent
     */
    public static Subscription to(String topicFilter) {
        return new Subscription(topicFilter, QoS.EXACTLY_ONCE, false, false, RetainHandling.SEND);
    }

    /**
     * The same with another maximum QoS.
     *
     * @param qos the highest QoS wanted
     * @return a new subscription
     */
    public Subscription atMost(QoS qos) {
        return new Subscription(topicFilter, qos, noLocal, retainAsPublished, retainHandling);
    }

    /**
     * The same with No Local.
     *
     * @return a new subscription
     */
    public Subscription withoutOwnMessages() {
        return new Subscription(topicFilter, maximumQos, true, retainAsPublished, retainHandling);
    }

    /**
     * The same with Retain As Published.
     *
     * @return a new subscription
     */
    public Subscription keepingRetainFlag() {
        return new Subscription(topicFilter, maximumQos, noLocal, true, retainHandling);
    }

    /**
     * The same with another Retain Handling.
     *
     * @param handling what the server does with retained messages
     * @return a new subscription
     */
    public Subscription retained(RetainHandling handling) {
        return new Subscription(topicFilter, maximumQos, noLocal, retainAsPublished, handling);
    }
}
