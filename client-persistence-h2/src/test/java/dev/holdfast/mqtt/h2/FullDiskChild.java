package dev.holdfast.mqtt.h2;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.mqtt.store.Outcomes;
import dev.holdfast.mqtt.store.StoreException;
import dev.holdfast.mqtt.store.StoredSession;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** A process that has a small disk to itself, and fills it. */
final class FullDiskChild {
    private static final int BALLAST = 256 * 1024;
    private static final int PAYLOAD = 5_000;
    private static final int MOST = 10_000;

    private FullDiskChild() {}

    /**
     * Ends with an exception if something is not as it should be.
     *
     * @param args a folder on the small disk
     */
    public static void main(String[] args) throws IOException {
        for (Durability durability : Durability.values()) {
            Path folder = Files.createDirectory(Path.of(args[0], durability.name()));
            Path ballast = folder.resolve("ballast");
            Files.write(ballast, new byte[BALLAST]);
            H2SessionStore store = H2SessionStore.at(folder.resolve("store"), durability);
            int stored = fill(store);
            openWhileFull(store, stored);
            createWhileFull(folder, durability);
            Files.delete(ballast);
            try (StoredSession session = store.open("press-17")) {
                requireAll(session, stored);
                Samples.store(session, Samples.accepted(MOST + 1, PAYLOAD));
            }
            H2SessionStore.at(folder.resolve("other"), durability).open("press-17").close();
            System.out.println(
                    durability + ": a full disk did as it should be, with " + stored + " messages");
            Files.delete(folder.resolve("store.mv.db"));
            Files.delete(folder.resolve("other.mv.db"));
        }
    }

    private static int fill(H2SessionStore store) {
        Outcomes outcomes = new Outcomes();
        try (StoredSession session = store.open("press-17")) {
            for (long i = 1; outcomes.stored() == i - 1; i++) {
                assertTrue(i < MOST, "the disk is too large");
                session.write(List.of(Samples.accepted(i, PAYLOAD)), outcomes.next());
                outcomes.await();
            }
            requireFull(outcomes.awaitFailure());
        }
        assertTrue(outcomes.stored() > 50, "only " + outcomes.stored() + " messages fit");
        return outcomes.stored();
    }

    private static void requireFull(StoreException e) {
        assertTrue(e.getMessage().contains("The disk is full: make room"), e.getMessage());
        assertFalse(e instanceof DamagedStoreException, e.getMessage());
    }

    /** The one that failed may be there or not. */
    private static void requireAll(StoredSession session, int stored) {
        List<Long> queued = Samples.queued(session);
        assertTrue(queued.size() == stored || queued.size() == stored + 1, queued.toString());
        assertEquals(queued.size(), queued.get(queued.size() - 1));
    }

    /** It may or may not find room for the little that opening writes. */
    private static void openWhileFull(H2SessionStore store, int stored) {
        try (StoredSession session = store.open("press-17")) {
            requireAll(session, stored);
        } catch (StoreException e) {
            requireFull(e);
        }
    }

    private static void createWhileFull(Path folder, Durability durability) throws IOException {
        try (OutputStream rest = Files.newOutputStream(folder.resolve("rest"))) {
            assertThrows(
                    IOException.class,
                    () -> {
                        while (true) {
                            rest.write(0);
                        }
                    });
        }
        H2SessionStore other = H2SessionStore.at(folder.resolve("other"), durability);
        requireFull(assertThrows(StoreException.class, () -> other.open("press-17")));
        assertFalse(Files.exists(folder.resolve("other.mv.db")));
        Files.delete(folder.resolve("rest"));
    }
}
