package dev.holdfast.mqtt;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What became of several subscriptions that were asked for together (MQTT 5, section 3.9.3): each
 * is granted or refused by itself.
 *
 * @param granted those that the server has made, in the order of the call
 * @param refused those that are not declared any more, with the reasons, in the order of the call
 */
public record SubscribeResults(
        List<Subscribed> granted, Map<Subscription, MqttException.SubscribeRejected> refused) {
    /** Keeps the collections from changing. */
    public SubscribeResults {
        granted = List.copyOf(granted);
        refused = Collections.unmodifiableMap(new LinkedHashMap<>(refused));
    }

    /**
     * Makes a refusal fail.
     *
     * @return this, if all were granted
     * @throws MqttException.SubscribeRejected the first refusal
     */
    public SubscribeResults requireAllGranted() {
        for (MqttException.SubscribeRejected refusal : refused.values()) {
            throw refusal;
        }
        return this;
    }
}
