package dev.holdfast.mqtt.impl.client;

import dev.holdfast.mqtt.Delivery;
import dev.holdfast.mqtt.Message;
import dev.holdfast.mqtt.MessageHandler;
import dev.holdfast.mqtt.MqttClient;
import dev.holdfast.mqtt.Responder;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * Answers requests where they ask for it. A request is handled once its response is stored: after a
 * crash before that it comes again.
 */
final class Responses implements MessageHandler {
    private final MqttClient client;
    private final Responder responder;

    Responses(MqttClient client, Responder responder) {
        this.client = client;
        this.responder = responder;
    }

    @Override
    public CompletionStage<?> handle(Delivery delivery) {
        Message request = delivery.message();
        if (request.responseTopic().isEmpty()) {
            return CompletableFuture.failedStage(
                    new IllegalArgumentException(
                            "The request on '"
                                    + request.topic()
                                    + "' names no Response Topic, so nobody can be answered"));
        }
        Message.Builder response = Message.to(request.responseTopic().get()).qos(request.qos());
        return responder
                .respond(request, response)
                .thenCompose(filled -> client.publish(correlated(request, response)).stored());
    }

    private static Message correlated(Message request, Message.Builder response) {
        request.correlationData()
                .ifPresent(
                        data -> {
                            byte[] bytes = new byte[data.remaining()];
                            data.get(bytes);
                            response.correlationData(bytes);
                        });
        return response.build();
    }
}
