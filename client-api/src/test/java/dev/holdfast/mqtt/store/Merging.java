package dev.holdfast.mqtt.store;

import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What a store does that merges batches, for stores of tests. */
public final class Merging {
    private Merging() {}

    /**
     * Whether a batch may be merged: it says what became of messages, all of them accepted by it or
     * by batches that are underway.
     *
     * @param underway changes that are not on disk, batch by batch
     * @param batch the next
     * @return whether it may be
     */
    public static boolean isPossible(Collection<List<Change>> underway, List<Change> batch) {
        boolean any = false;
        for (Change change : batch) {
            if (isOutcome(change) && !isAccepted(batch, message(change))) {
                any = true;
                if (acceptance(underway, message(change)) == null) {
                    return false;
                }
            }
        }
        return any;
    }

    /**
     * From now on the disk gets a batch, and those before it, together with the first of the
     * messages of which the batch says what became of them: all but messages accepted since, and
     * what became of these.
     *
     * @param underway changes that are not on disk, batch by batch; can be changed
     * @param batch the next; can be changed
     */
    public static void merge(Collection<List<Change>> underway, List<Change> batch) {
        Deque<List<Change>> later = new ArrayDeque<>(underway);
        while (!isAcceptedFor(batch, later.element())) {
            later.remove();
        }
        List<Change> first = later.remove();
        later.add(batch);
        for (List<Change> changes : later) {
            for (Change change : List.copyOf(changes)) {
                List<Change> accepting = acceptance(later, message(change));
                boolean stays = change instanceof Change.Accepted || accepting == changes;
                if (!stays) {
                    changes.remove(change);
                    (accepting == null ? first : accepting).add(change);
                }
            }
        }
    }

    /** Whether a batch says what became of a message that the changes accept. */
    private static boolean isAcceptedFor(List<Change> batch, List<Change> accepting) {
        return batch.stream()
                .anyMatch(change -> isOutcome(change) && isAccepted(accepting, message(change)));
    }

    /**
     * Whether a change accepts a message, or is about one that was accepted by those asked about
     * before.
     *
     * @param change the next of several batches of which a store leaves out accepted messages
     * @param accepted their sequence numbers so far; can be changed
     * @return whether it leaves out the change
     */
    public static boolean isLeftOut(Change change, Set<Long> accepted) {
        if (change instanceof Change.Accepted c) {
            accepted.add(c.message().sequence());
            return true;
        }
        return accepted.contains(message(change));
    }

    private static boolean isOutcome(Change change) {
        return change instanceof Change.Sent
                || change instanceof Change.Released
                || change instanceof Change.Completed
                || change instanceof Change.Requeued;
    }

    /** The sequence number of the message that it is about; 0 if it accepts it, or for none. */
    private static long message(Change change) {
        if (change instanceof Change.Sent c) {
            return c.sequence();
        } else if (change instanceof Change.Released c) {
            return c.sequence();
        } else if (change instanceof Change.Completed c) {
            return c.sequence();
        } else if (change instanceof Change.Requeued c) {
            return c.sequence();
        }
        return 0;
    }

    private static @Nullable List<Change> acceptance(
            Collection<List<Change>> underway, long sequence) {
        return underway.stream()
                .filter(changes -> isAccepted(changes, sequence))
                .findFirst()
                .orElse(null);
    }

    private static boolean isAccepted(List<Change> changes, long sequence) {
        return changes.stream()
                .anyMatch(
                        c -> c instanceof Change.Accepted a && a.message().sequence() == sequence);
    }
}
