package dev.holdfast.mqtt;

import java.util.List;
import java.util.Optional;

/**
 * What may be said to the other side besides a Reason Code: a Reason String and User Properties
 * (MQTT 5, sections 3.4.2.2 and 3.15.2.2). The server may log or show them; the protocol gives them
 * no effect. Where its Maximum Packet Size has no room for all of it, the User Properties are left
 * out, and then the Reason String.
 *
 * @param reasonString words for people: a UTF-8 string of at most 65,535 bytes
 * @param userProperties in their order
 */
public record Remarks(Optional<String> reasonString, List<UserProperty> userProperties) {
    private static final Remarks NONE = new Remarks(Optional.empty(), List.of());

    /**
     * Checks the Reason String, and keeps the list from changing.
     *
     * @throws IllegalArgumentException if MQTT cannot carry the Reason String
     */
    public Remarks {
        reasonString.ifPresent(words -> Strings.requireEncodable("Reason String", words));
        userProperties = List.copyOf(userProperties);
    }

    /**
     * Nothing is said.
     *
     * @return always the same
     */
    public static Remarks none() {
        return NONE;
    }

    /**
     * A Reason String.
     *
     * @param words a UTF-8 string of at most 65,535 bytes
     * @return without User Properties
     * @throws IllegalArgumentException if MQTT cannot carry it
     */
    public static Remarks of(String words) {
        return new Remarks(Optional.of(words), List.of());
    }

    /**
     * User Properties.
     *
     * @param userProperties in their order
     * @return without a Reason String
     */
    public static Remarks of(List<UserProperty> userProperties) {
        return new Remarks(Optional.empty(), userProperties);
    }

    /**
     * The same with one more User Property, the last.
     *
     * @param name its name
     * @param value its value
     * @return new remarks
     * @throws IllegalArgumentException if MQTT cannot carry one of them
     */
    public Remarks userProperty(String name, String value) {
        UserProperty[] all = userProperties.toArray(new UserProperty[userProperties.size() + 1]);
        all[userProperties.size()] = new UserProperty(name, value);
        return new Remarks(reasonString, List.of(all));
    }

    /**
     * Whether nothing is said.
     *
     * @return true if there is neither a Reason String nor a User Property
     */
    public boolean isEmpty() {
        return reasonString.isEmpty() && userProperties.isEmpty();
    }
}
