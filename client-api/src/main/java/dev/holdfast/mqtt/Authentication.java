package dev.holdfast.mqtt;

import java.util.Optional;
import java.util.concurrent.CompletionStage;

/**
 * A method of enhanced authentication (MQTT 5, section 4.12): client and server speak in turns
 * until each knows the other. {@link ScramSha256} is one that is ready to use.
 *
 * <p>One object serves one client, or many. All of it is called on the client's executor, on a lane
 * of its own: one call at a time, and a call that blocks holds up nothing but the authentication.
 * It has the time of {@link MqttClientBuilder#connectTimeout}; what throws, fails, returns null or
 * takes longer fails the attempt to connect, and the {@link ReconnectPolicy} decides what follows.
 */
public interface Authentication {
    /**
     * The Authentication Method, which tells the server what kind of exchange follows.
     *
     * @return always the same: 1 to 65,535 bytes in UTF-8
     */
    String method();

    /**
     * Begins anew: for each attempt to connect, and for each re-authentication.
     *
     * @return the client's side of one exchange
     */
    Exchange begin();

    /**
     * The client's side of one exchange. {@link #first} is called first, then {@link #answer} as
     * often as the server asks, 32 times at most, then {@link #finish}; an exchange that the server
     * refuses, or whose connection is lost, ends without a further call. The Authentication Data
     * given and taken is binary, 65,535 bytes at most, and may be absent; the client neither
     * changes nor keeps the arrays it gets.
     *
     * <p>A stage that fails with {@link MqttException.AuthenticationFailed} says with it whether
     * trying again is pointless; any other failure counts as one that may pass.
     */
    interface Exchange {
        /**
         * The data that opens the exchange; a part of CONNECT, or of the AUTH that begins a
         * re-authentication.
         *
         * @return completes with the data
         */
        CompletionStage<Optional<byte[]>> first();

        /**
         * Answers the server.
         *
         * @param challenge the data of the server's AUTH
         * @return completes with the data of the client's AUTH
         */
        CompletionStage<Optional<byte[]>> answer(Optional<byte[]> challenge);

        /**
         * The server is satisfied; is the client? Nothing else is sent to the server before this is
         * answered at a connect, and nothing of it is handed over.
         *
         * @param data the last word of the server, in its CONNACK, or in the AUTH that ends a
         *     re-authentication
         * @return completes if this is the right server; fails if it is not, which ends the
         *     connection
         */
        CompletionStage<?> finish(Optional<byte[]> data);

        /**
         * What the server says besides its data; called before {@link #answer} or {@link #finish}
         * if it says anything. What this throws counts as a failure of theirs. Does nothing until
         * overridden.
         *
         * @param remarks of its AUTH or CONNACK
         */
        default void received(Remarks remarks) {}

        /**
         * What the client's next AUTH says besides its data; asked for on the lane as soon as
         * {@link #answer} has returned its stage, or {@link #first} where that opens a
         * re-authentication: a CONNECT carries {@link MqttClientBuilder#userProperty}. Nothing
         * until overridden.
         *
         * @return for the server
         */
        default Remarks remarks() {
            return Remarks.none();
        }
    }
}
