package dev.holdfast.mqtt.h2;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.mqtt.store.Change;
import dev.holdfast.mqtt.store.Outcomes;
import dev.holdfast.mqtt.store.StoreException;
import dev.holdfast.mqtt.store.StoredSession;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A store opens with its first session, closes with its last, and leaves nothing behind. */
class LifecycleTest {
    @TempDir Path folder;

    private Set<String> files() throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString())
                    .collect(Collectors.toCollection(TreeSet::new));
        }
    }

    @ParameterizedTest
    @EnumSource(Durability.class)
    void leavesNoThreadAndNoOutputBehind(Durability durability) throws IOException {
        Set<Thread> before = Thread.getAllStackTraces().keySet();
        PrintStream out = System.out;
        PrintStream err = System.err;
        ByteArrayOutputStream printed = new ByteArrayOutputStream();
        PrintStream capture = new PrintStream(printed, true, StandardCharsets.UTF_8);
        System.setOut(capture);
        System.setErr(capture);
        try (StoredSession session =
                H2SessionStore.at(folder.resolve("store"), durability).open("press-17")) {
            Samples.store(session, Samples.accepted(1, 10), Samples.sent(1));
            assertEquals(Set.of("store.mv.db", "store.owner"), files());
        } finally {
            System.setOut(out);
            System.setErr(err);
        }
        assertEquals("", printed.toString(StandardCharsets.UTF_8));
        assertEquals(Set.of("store.mv.db"), files());
        Set<Thread> after = Thread.getAllStackTraces().keySet();
        assertEquals(List.of(), after.stream().filter(t -> !before.contains(t)).toList());
    }

    @Test
    void touchesNoDiskBeforeTheFirstSessionIsOpened() throws IOException {
        H2SessionStore.at(folder.resolve("store"));
        assertEquals(Set.of(), files());
    }

    @Test
    void staysOpenUntilTheLastSessionIsClosed() throws IOException {
        H2SessionStore store = H2SessionStore.at(folder.resolve("store"));
        StoredSession first = store.open("press-17");
        StoredSession second = store.open("press-18");
        first.close();
        Samples.store(second, Samples.accepted(1, 10));
        assertTrue(files().contains("store.owner"));
        second.close();
        assertFalse(files().contains("store.owner"));
        try (StoredSession again = store.open("press-18")) {
            assertEquals(List.of(1L), Samples.queued(again));
        }
    }

    @Test
    void createsMissingFoldersAndTakesTheFilesOwnName() throws IOException {
        Path path = folder.resolve("a").resolve("b").resolve("press-17.mv.db");
        try (StoredSession session = H2SessionStore.at(path).open("press-17")) {
            Samples.store(session, Samples.accepted(1, 10));
        }
        assertTrue(Files.size(path) > 0);
        H2SessionStore sameFile = H2SessionStore.at(path.resolveSibling("press-17"));
        try (StoredSession session = sameFile.open("press-17")) {
            assertEquals(1, session.recovered().queuedMessages());
        }
    }

    @Test
    void letsGoOfWhatWasRecoveredWithTheFirstBatch() {
        try (StoredSession session = H2SessionStore.at(folder.resolve("store")).open("press-17")) {
            session.recovered();
            Samples.store(session, Samples.accepted(1, 10));
            IllegalStateException refusal =
                    assertThrows(IllegalStateException.class, session::recovered);
            assertTrue(refusal.getMessage().contains("'press-17'"), refusal.getMessage());
        }
    }

    @Test
    void closesTheStoreWhenItsOnlyOpeningFails() throws IOException {
        Path file = folder.resolve("store.mv.db");
        Files.writeString(file, "no database");
        H2SessionStore store = H2SessionStore.at(file);
        assertThrows(StoreException.class, () -> store.open("press-17"));
        Files.delete(file);
        store.open("press-17").close();
    }

    @Test
    void remembersManyOpeningsInOneFile() {
        H2SessionStore store = H2SessionStore.at(folder.resolve("store"));
        for (long i = 1; i <= 10; i++) {
            try (StoredSession session = store.open("press-17")) {
                assertEquals(i - 1, session.recovered().queuedMessages());
                Samples.store(session, Samples.accepted(i, 10));
            }
        }
    }

    @Test
    void refusesToOpenAndCloseWithinItsOwnCallbacks() throws Exception {
        H2SessionStore store = H2SessionStore.at(folder.resolve("store"));
        try (StoredSession session = store.open("press-17")) {
            CompletableFuture<Throwable> closing = new CompletableFuture<>();
            CompletableFuture<Throwable> opening = new CompletableFuture<>();
            session.write(
                    List.of(new Change.NumbersReserved(10)),
                    new StoredSession.Outcome() {
                        @Override
                        public void stored() {
                            closing.complete(
                                    assertThrows(IllegalStateException.class, session::close));
                            opening.complete(
                                    assertThrows(
                                            IllegalStateException.class,
                                            () -> store.open("press-18")));
                        }

                        @Override
                        public void failed(StoreException cause) {
                            closing.completeExceptionally(cause);
                        }
                    });
            assertInstanceOf(IllegalStateException.class, closing.get(30, TimeUnit.SECONDS));
            assertInstanceOf(IllegalStateException.class, opening.get(30, TimeUnit.SECONDS));
            Outcomes outcomes = new Outcomes();
            session.write(List.of(new Change.NumbersReserved(20)), outcomes.next());
            outcomes.awaitStored();
        }
    }
}
