package dev.holdfast.mqtt.store;

import dev.holdfast.mqtt.QoS;
import dev.holdfast.mqtt.Subscription;
import dev.holdfast.mqtt.store.OutgoingMessage.State;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Random;
import java.util.TreeMap;

/**
 * Makes up what a client may write to its session, batch after batch, from a seed: every legal
 * change in any legal order, with moods that let queues grow and drain. Keeps the state that
 * follows, by {@link SessionState#apply}.
 */
public final class RandomSession {
    private final Random random;
    private final RandomMessages messages;
    private final SessionState state = new SessionState();
    private final NavigableMap<Long, OutgoingMessage> outgoing = new TreeMap<>();
    private final NavigableMap<Integer, Long> held = new TreeMap<>();
    private final NavigableMap<Long, Long> inbox = new TreeMap<>();
    private final NavigableMap<String, Subscription> subscriptions = new TreeMap<>();
    private long next = 1;
    private long reserved = 1;
    private long releases;
    private int identifiersReserved;

    /** Of ten publications and receptions, how many add something. */
    private int growth = 5;

    /**
     * Starts empty.
     *
     * @param seed decides all that follows
     */
    public RandomSession(long seed) {
        random = new Random(seed);
        messages = new RandomMessages(random);
    }

    /**
     * What all changes so far come to.
     *
     * @return changes with each batch
     */
    public SessionState state() {
        return state;
    }

    /** As after a restart of the process: counting goes on from what was reserved. */
    public void restart() {
        next = state.recovered().numbersReserved();
    }

    /**
     * Makes up a batch.
     *
     * @return at least one change
     */
    public List<Change> nextBatch() {
        if (random.nextInt(20) == 0) {
            growth = random.nextInt(1, 10);
        }
        List<Change> batch = new ArrayList<>();
        if (random.nextInt(200) == 0) {
            loseSession(batch);
        }
        int size = random.nextInt(10) == 0 ? random.nextInt(1, 80) : random.nextInt(1, 8);
        while (batch.size() < size) {
            addOne(batch);
        }
        return batch;
    }

    private void addOne(List<Change> batch) {
        boolean grow = random.nextInt(10) < growth;
        switch (random.nextInt(12)) {
            case 0, 1, 2, 3 -> {
                if (grow) {
                    publish(batch);
                } else {
                    progress(batch);
                }
            }
            case 4, 5 -> progress(batch);
            case 6, 7, 8 -> {
                if (grow) {
                    receive(batch);
                } else {
                    dealWithReceived(batch);
                }
            }
            case 9 -> dealWithReceived(batch);
            case 10 -> changeSubscriptions(batch);
            default -> {
                if (random.nextInt(5) == 0) {
                    add(batch, new Change.Presence(messages.pick(SessionState.Presence.values())));
                } else {
                    progress(batch);
                }
            }
        }
    }

    private long number(List<Change> batch) {
        if (next >= reserved) {
            reserved = next + random.nextInt(1, 50);
            add(batch, new Change.NumbersReserved(reserved));
        }
        long number = next;
        next += random.nextInt(10) == 0 ? random.nextInt(1, 4) : 1;
        return number;
    }

    private void publish(List<Change> batch) {
        QoS qos = random.nextBoolean() ? QoS.AT_LEAST_ONCE : QoS.EXACTLY_ONCE;
        long expiresAt = random.nextInt(3) == 0 ? random.nextLong(1L << 50) : OutgoingMessage.NEVER;
        OutgoingMessage message =
                OutgoingMessage.queued(number(batch), messages.next(qos), expiresAt);
        add(batch, new Change.Accepted(message));
        if (random.nextBoolean()) {
            send(batch, message);
        }
    }

    private void send(List<Change> batch, OutgoingMessage message) {
        int identifier = random.nextInt(1, 65_536);
        boolean free =
                outgoing.values().stream().noneMatch(m -> m.packetIdentifier() == identifier);
        if (random.nextInt(10) == 0 && identifiersReserved < 60_000) {
            identifiersReserved += random.nextInt(1, 500);
            add(batch, new Change.IdentifiersReserved(identifiersReserved));
        }
        if (free) {
            add(batch, new Change.Sent(message.sequence(), identifier));
        }
    }

    private void progress(List<Change> batch) {
        if (outgoing.isEmpty()) {
            publish(batch);
            return;
        }
        OutgoingMessage message = any(outgoing);
        long sequence = message.sequence();
        if (random.nextInt(20) == 0) {
            completeRun(batch, sequence);
        } else if (message.state() == State.QUEUED && random.nextInt(8) != 0) {
            send(batch, message);
        } else if (message.state() == State.IN_FLIGHT
                && message.message().qos() == QoS.EXACTLY_ONCE
                && random.nextInt(8) != 0) {
            add(batch, new Change.Released(sequence, ++releases));
        } else {
            add(batch, new Change.Completed(sequence));
        }
    }

    private void completeRun(List<Change> batch, long from) {
        List<Long> run =
                outgoing.tailMap(from, true).keySet().stream()
                        .limit(random.nextInt(1, 20))
                        .toList();
        run.forEach(sequence -> add(batch, new Change.Completed(sequence)));
    }

    private void receive(List<Change> batch) {
        int identifier = random.nextInt(1, 65_536);
        if (held.containsKey(identifier)) {
            return;
        }
        IncomingMessage message =
                new IncomingMessage(
                        number(batch), messages.next(QoS.EXACTLY_ONCE), subscriptionIdentifiers());
        add(batch, new Change.Received(identifier, message));
    }

    private void dealWithReceived(List<Change> batch) {
        if (!held.isEmpty() && random.nextBoolean()) {
            int identifier = anyKey(held);
            add(batch, new Change.Forgotten(identifier));
            if (random.nextBoolean()) {
                IncomingMessage again =
                        new IncomingMessage(number(batch), messages.next(QoS.EXACTLY_ONCE));
                add(batch, new Change.Received(identifier, again));
            }
        } else if (!inbox.isEmpty()) {
            add(batch, new Change.Consumed(anyKey(inbox)));
        }
    }

    private void changeSubscriptions(List<Change> batch) {
        if (random.nextInt(4) == 0) {
            add(
                    batch,
                    new Change.Identified(
                            messages.subscription().topicFilter(), subscriptionIdentifier()));
        } else if (random.nextInt(3) != 0) {
            int identifier = random.nextInt(3) == 0 ? 0 : subscriptionIdentifier();
            add(batch, new Change.Subscribed(messages.subscription(), identifier));
        } else {
            String filter =
                    subscriptions.isEmpty() || random.nextInt(4) == 0
                            ? "never/subscribed"
                            : anyKey(subscriptions);
            add(batch, new Change.Unsubscribed(filter));
        }
    }

    private List<Integer> subscriptionIdentifiers() {
        List<Integer> identifiers = new ArrayList<>();
        while (identifiers.size() < 5 && random.nextInt(3) == 0) {
            identifiers.add(subscriptionIdentifier());
        }
        return identifiers;
    }

    /** With any length on the wire. */
    private int subscriptionIdentifier() {
        return random.nextInt(1, 1 << random.nextInt(1, 29));
    }

    private void loseSession(List<Change> batch) {
        add(batch, new Change.Presence(SessionState.Presence.NONE));
        for (OutgoingMessage message : List.copyOf(outgoing.values())) {
            if (message.state() == State.RELEASED && random.nextBoolean()) {
                add(batch, new Change.Completed(message.sequence()));
            } else if (message.state() != State.QUEUED) {
                add(batch, new Change.Requeued(message.sequence()));
            }
        }
        List.copyOf(held.keySet()).forEach(id -> add(batch, new Change.Forgotten(id)));
        List.copyOf(subscriptions.keySet())
                .forEach(filter -> add(batch, new Change.Unsubscribed(filter)));
    }

    private void add(List<Change> batch, Change change) {
        state.apply(change);
        batch.add(change);
        if (change instanceof Change.Accepted c) {
            outgoing.put(c.message().sequence(), c.message());
        } else if (change instanceof Change.Sent c) {
            outgoing.computeIfPresent(c.sequence(), (s, m) -> m.inFlight(c.packetIdentifier()));
        } else if (change instanceof Change.Released c) {
            outgoing.computeIfPresent(c.sequence(), (s, m) -> m.released(c.releaseOrder()));
        } else if (change instanceof Change.Requeued c) {
            outgoing.computeIfPresent(
                    c.sequence(), (s, m) -> OutgoingMessage.queued(s, m.message(), m.expiresAt()));
        } else if (change instanceof Change.Completed c) {
            outgoing.remove(c.sequence());
        } else if (change instanceof Change.Received c) {
            held.put(c.packetIdentifier(), c.message().deliveryId());
            inbox.put(c.message().deliveryId(), c.message().deliveryId());
        } else if (change instanceof Change.Forgotten c) {
            held.remove(c.packetIdentifier());
        } else if (change instanceof Change.Consumed c) {
            inbox.remove(c.deliveryId());
        } else if (change instanceof Change.Subscribed c) {
            subscriptions.put(c.subscription().topicFilter(), c.subscription());
        } else if (change instanceof Change.Unsubscribed c) {
            subscriptions.remove(c.topicFilter());
        }
    }

    /** Prefers the oldest, as a client does. */
    private <K> K anyKey(NavigableMap<K, ?> map) {
        if (random.nextInt(3) != 0) {
            return map.firstKey();
        }
        return List.copyOf(map.keySet()).get(random.nextInt(map.size()));
    }

    private <K, V> V any(NavigableMap<K, V> map) {
        K key = anyKey(map);
        for (Map.Entry<K, V> entry : map.entrySet()) {
            if (entry.getKey().equals(key)) {
                return entry.getValue();
            }
        }
        throw new IllegalStateException("A key of the map is not in it");
    }
}
