package dev.holdfast.mqtt.impl.simulation;

import dev.holdfast.mqtt.Message;
import dev.holdfast.mqtt.MqttException;
import dev.holdfast.mqtt.QoS;
import dev.holdfast.mqtt.impl.session.Session;
import dev.holdfast.mqtt.store.OutgoingMessage;
import java.time.Duration;
import java.util.List;

/** The part of the application that publishes, and takes some of it back. */
final class SimulatedPublisher {
    /** More than some servers allow Topic Aliases. */
    private static final int TOPICS = 3;

    static final List<QoS> QOS =
            List.of(
                    QoS.AT_MOST_ONCE,
                    QoS.AT_LEAST_ONCE,
                    QoS.AT_LEAST_ONCE,
                    QoS.EXACTLY_ONCE,
                    QoS.EXACTLY_ONCE);

    private final Simulation sim;
    private ClientRun run;
    private long nextSequence;

    SimulatedPublisher(Simulation sim) {
        this.sim = sim;
    }

    /** Publishes with this run of the client from now on. */
    void use(ClientRun next) {
        run = next;
        sim.outgoing.recovered(run.recovered);
        nextSequence = run.recovered.numbersReserved();
    }

    void publish() {
        if (!run.isAlive() || sim.outgoing.count() >= SimulatedApplication.MOST_MESSAGES) {
            return;
        }
        Message.Builder builder =
                Message.to("outgoing/" + sim.outgoing.count() % TOPICS)
                        .payload("c" + sim.outgoing.count())
                        .qos(sim.chance.pick(QOS))
                        .retain(sim.chance.percent(10));
        long expiresAt = OutgoingMessage.NEVER;
        if (sim.chance.percent(10)) {
            int seconds = sim.chance.pick(0, 1, 5, 60);
            builder.expiry(Duration.ofSeconds(seconds));
            expiresAt = sim.wallClock() + seconds * 1_000L;
        }
        if (sim.chance.percent(5)) {
            builder.userProperty("of some length", "x".repeat(100));
        }
        Message message = builder.build();
        long sequence = nextSequence++;
        long expiry = expiresAt;
        sim.outgoing.published(run, sequence, message, expiry);
        run.submit(
                s -> {
                    run.futures.publish(sequence, message.qos() != QoS.AT_MOST_ONCE);
                    s.publish(sequence, message, expiry);
                },
                "publish ",
                sequence,
                " ",
                message);
        if (sim.chance.percent(10)) {
            ClientRun by = run;
            boolean givesUp = sim.chance.percent(50);
            sim.agenda.after(sim.chance.between(0, 5_000), () -> takeBack(by, sequence, givesUp));
        }
    }

    /** Cancels a publication, or gives up on it, as when its time is up. */
    private void takeBack(ClientRun by, long sequence, boolean givesUp) {
        if (by != run || !run.isAlive()) {
            return;
        }
        MqttException cause =
                givesUp ? new MqttException.TimedOut("") : new MqttException.Cancelled("");
        by.submit(
                s -> {
                    sim.outgoing.takenBack(sequence);
                    if (s.withdraw(sequence, cause) == Session.Withdrawn.SENT && givesUp) {
                        sim.outgoing.abandoned(sequence);
                        s.abandon(sequence, cause);
                    }
                },
                givesUp ? "gives up on " : "cancels ",
                sequence);
    }
}
