package dev.holdfast.mqtt.impl.session;

import dev.holdfast.mqtt.Credentials;
import dev.holdfast.mqtt.MqttException;
import dev.holdfast.mqtt.Remarks;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * What the application says to {@link Event.AuthenticationAsked}.
 *
 * @param credentials for CONNECT; null for none
 * @param data Authentication Data for CONNECT or AUTH; null for none
 * @param remarks what AUTH says besides its data
 * @param failure why there is no answer; null if there is one
 */
public record Answer(
        @Nullable Credentials credentials,
        @Nullable ByteBuffer data,
        Remarks remarks,
        @Nullable MqttException failure) {
    public Answer(
            @Nullable Credentials credentials,
            @Nullable ByteBuffer data,
            @Nullable MqttException failure) {
        this(credentials, data, Remarks.none(), failure);
    }

    public static Answer failed(MqttException cause) {
        return new Answer(null, null, cause);
    }
}
