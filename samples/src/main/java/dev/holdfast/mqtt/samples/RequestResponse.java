package dev.holdfast.mqtt.samples;

import dev.holdfast.mqtt.Message;
import dev.holdfast.mqtt.MqttClient;
import dev.holdfast.mqtt.MqttException;
import dev.holdfast.mqtt.Subscription;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/**
 * A service squares numbers for whoever asks, and a caller asks for many at once. Response Topic
 * and Correlation Data, which bring each response to its request, are the client's own business.
 */
final class RequestResponse {
    private static final int REQUESTS = 500;
    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final Duration IMPATIENCE = Duration.ofSeconds(1);

    private RequestResponse() {}

    static int run(Options options) {
        String name = Server.unique("square");
        try (Server server = Server.of(options);
                MqttClient service = client(server, name + "-service");
                MqttClient caller = client(server, name + "-caller")) {
            Await.done("connect the service", service.connect());
            Await.done("connect the caller", caller.connect());
            Await.done(
                    "subscribe to requests",
                    service.respond(
                            Subscription.to(name),
                            (request, response) -> {
                                long number = Long.parseLong(request.payloadText());
                                return CompletableFuture.completedFuture(
                                        response.payload(Long.toString(number * number)));
                            }));
            int right = askAll(caller, name);
            boolean tooLate = askNobody(caller, name + "/nobody");
            System.out.println(
                    REQUESTS + " requests at once, answered rightly: " + right + " of " + REQUESTS);
            System.out.println(
                    "A request that nobody answers: "
                            + (tooLate ? "timed out after " : "did NOT time out within ")
                            + IMPATIENCE.toSeconds()
                            + " s");
            System.out.println();
            boolean asExpected = right == REQUESTS && tooLate;
            System.out.println(
                    "RESULT "
                            + (asExpected
                                    ? "each request got its own response"
                                    : "NOT as expected"));
            return asExpected ? 0 : 1;
        }
    }

    private static MqttClient client(Server server, String identifier) {
        return MqttClient.newBuilder(server.uri()).clientIdentifier(identifier).build();
    }

    private static int askAll(MqttClient caller, String topic) {
        List<CompletableFuture<Message>> responses = new ArrayList<>();
        for (long number = 0; number < REQUESTS; number++) {
            Message request = Message.to(topic).payload(Long.toString(number)).build();
            responses.add(caller.request(request, PATIENCE));
        }
        int right = 0;
        for (int number = 0; number < REQUESTS; number++) {
            String response =
                    Await.done("response to " + number, responses.get(number)).payloadText();
            right += response.equals(Long.toString((long) number * number)) ? 1 : 0;
        }
        return right;
    }

    private static boolean askNobody(MqttClient caller, String topic) {
        try {
            caller.request(Message.to(topic).build(), IMPATIENCE).join();
            return false;
        } catch (CompletionException e) {
            return e.getCause() instanceof MqttException.TimedOut;
        }
    }
}
