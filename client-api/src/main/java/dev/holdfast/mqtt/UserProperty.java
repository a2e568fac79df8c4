package dev.holdfast.mqtt;

import java.io.Serializable;

/**
 * One name and value of the User Property list (MQTT 5, section 2.2.2.2). Names may repeat and
 * their order has a meaning, so they travel in lists.
 *
 * @param name a UTF-8 string of at most 65,535 bytes, without U+0000 and unpaired surrogates
 * @param value a string under the same rules
 */
public record UserProperty(String name, String value) implements Serializable {
    /**
     * Checks both strings.
     *
     * @throws IllegalArgumentException if MQTT cannot carry one of them
     */
    public UserProperty {
        Strings.requireEncodable("User Property name", name);
        Strings.requireEncodable("User Property value", value);
    }
}
