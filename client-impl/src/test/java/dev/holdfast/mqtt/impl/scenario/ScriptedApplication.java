package dev.holdfast.mqtt.impl.scenario;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.holdfast.mqtt.DisconnectOptions;
import dev.holdfast.mqtt.Message;
import dev.holdfast.mqtt.MqttException;
import dev.holdfast.mqtt.QoS;
import dev.holdfast.mqtt.ReasonCode;
import dev.holdfast.mqtt.Subscription;
import dev.holdfast.mqtt.impl.scenario.TraceTable.Column;
import dev.holdfast.mqtt.impl.session.Answer;
import dev.holdfast.mqtt.impl.session.Event;
import dev.holdfast.mqtt.impl.session.Incoming;
import dev.holdfast.mqtt.store.OutgoingMessage;
import dev.holdfast.mqtt.store.Recovered;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayDeque;

/** What a script has the application do, in one life of the client. */
final class ScriptedApplication {
    private final ScenarioRun run;
    private final ArrayDeque<Incoming> unhandled = new ArrayDeque<>();
    private long nextSequence;
    private long nextToken = 1;

    /** Of an authentication. */
    private long lastQuestion;

    ScriptedApplication(ScenarioRun run, Recovered recovered) {
        this.run = run;
        nextSequence = recovered.numbersReserved();
    }

    void take(Event event) {
        if (event instanceof Event.Attempt || event instanceof Event.AttemptFailed) {
            return; // seen on the wire
        }
        if (event instanceof Event.Stored stored) {
            stored.publications().forEach(s -> trace(run.words.stored(s)));
        } else if (event instanceof Event.Acknowledged answered) {
            answered.publications()
                    .forEach(s -> trace(run.words.acknowledged(s, answered.acknowledgement())));
        } else {
            trace(run.words.of(event));
        }
        if (event instanceof Event.AuthenticationAsked asked) {
            lastQuestion = asked.number();
        } else if (event instanceof Event.Deliver deliver) {
            unhandled.add(deliver.incoming());
        }
    }

    private void trace(String told) {
        run.trace(Column.APPLICATION, "← " + told);
    }

    void run(Command c) {
        switch (c.verb()) {
            case "connect" -> {
                c.end();
                long token = nextToken++;
                call("connect()");
                run.submit(s -> s.connect(token));
            }
            case "disconnect" -> disconnect(c);
            case "publish" -> publish(c);
            case "subscribe" -> {
                Subscription s =
                        Subscription.to(c.word("filter", "topic"))
                                .atMost(c.qos("qos", QoS.EXACTLY_ONCE));
                c.end();
                long token = nextToken++;
                call("subscribe(" + s.topicFilter() + ") QoS " + s.maximumQos().ordinal());
                run.submit(session -> session.subscribe(token, s));
            }
            case "unsubscribe" -> {
                String filter = c.word("filter", "topic");
                c.end();
                long token = nextToken++;
                call("unsubscribe(" + filter + ")");
                run.submit(s -> s.unsubscribe(token, filter));
            }
            case "handled" -> handled(c);
            case "authenticate" -> authenticate(c);
            case "reauthenticate" -> {
                c.end();
                long token = nextToken++;
                call("reauthenticate()");
                run.submit(s -> s.reauthenticate(token));
            }
            default ->
                    throw c.unknownVerb(
                            "connect",
                            "disconnect",
                            "publish",
                            "subscribe",
                            "unsubscribe",
                            "handled",
                            "authenticate",
                            "reauthenticate");
        }
    }

    private void call(String what) {
        run.trace(Column.APPLICATION, "→ " + what);
    }

    private void publish(Command c) {
        QoS qos = c.qos("qos", QoS.AT_LEAST_ONCE);
        Message.Builder builder =
                Message.to(c.word("topic", "topic"))
                        .qos(qos)
                        .payload(c.word("payload", "x"))
                        .retain(c.flag("retain"));
        long expiresAt = OutgoingMessage.NEVER;
        String expires = "";
        if (c.has("expiry")) {
            int seconds = c.number("expiry", 0);
            builder.expiry(Duration.ofSeconds(seconds));
            expiresAt = run.loop.wallClock() + seconds * 1_000L;
            expires = ", expires in " + seconds + " s";
        }
        c.end();
        Message message = builder.build();
        long sequence = nextSequence++;
        long expiry = expiresAt;
        run.words.published(sequence, message);
        call("publish " + Words.of(message) + " QoS " + qos.ordinal() + expires);
        run.submit(s -> s.publish(sequence, message, expiry));
    }

    /** Answers the last question of an authentication, or one that came before it. */
    private void authenticate(Command c) {
        long question = c.number("question", (int) lastQuestion);
        boolean fails = c.flag("fails");
        String data = c.has("data") ? c.word("data", "") : null;
        c.end();
        if (fails) {
            call("its part fails");
            run.submit(s -> s.answered(question, Answer.failed(failure())));
        } else {
            String late = question == lastQuestion ? "" : ", to an older question";
            call((data == null ? "the server is right" : "says '" + data + "'") + late);
            ByteBuffer bytes = data == null ? null : ByteBuffer.wrap(data.getBytes(UTF_8));
            run.submit(s -> s.answered(question, new Answer(null, bytes, null)));
        }
    }

    private static MqttException failure() {
        return new MqttException.AuthenticationFailed("as the script says", null, false);
    }

    private void disconnect(Command c) {
        DisconnectOptions options = new DisconnectOptions();
        String how = "";
        if (c.has("session-expiry")) {
            int seconds = c.number("session-expiry", 0);
            options.sessionExpiry(Duration.ofSeconds(seconds));
            how = " Session Expiry " + seconds + " s";
        }
        c.end();
        long token = nextToken++;
        call("disconnect()" + how);
        run.submit(s -> s.disconnect(token, options));
    }

    private void handled(Command c) {
        String payload = c.word("payload", "x");
        ReasonCode outcome = c.reason(ReasonCode.SUCCESS);
        c.end();
        Incoming incoming =
                unhandled.stream()
                        .filter(i -> i.message().payloadText().equals(payload))
                        .findFirst()
                        .orElseThrow(() -> c.error("no such message waits to be handled"));
        unhandled.remove(incoming);
        String how = outcome == ReasonCode.SUCCESS ? " is handled" : " is refused: " + outcome;
        call(Words.of(incoming.message()) + how);
        run.submit(s -> s.settle(incoming, outcome));
    }
}
