package dev.holdfast.mqtt;

import java.util.concurrent.CompletionStage;

/** Answers requests (MQTT 5, section 4.10); see {@link MqttClient#respond}. */
@FunctionalInterface
public interface Responder {
    /**
     * Answers one request. Called one at a time, on the client's callback executor.
     *
     * @param request what was asked
     * @param response to be filled in; it goes to the request's Response Topic with the request's
     *     Correlation Data, at the request's QoS unless it is set here
     * @return completes when the response is filled in; if it fails, there is none, and the request
     *     is refused
     */
    CompletionStage<?> respond(Message request, Message.Builder response);
}
