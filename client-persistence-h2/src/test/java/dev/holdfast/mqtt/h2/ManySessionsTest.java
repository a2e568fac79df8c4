package dev.holdfast.mqtt.h2;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.mqtt.h2.files.StoreHeader;
import dev.holdfast.mqtt.store.Change;
import dev.holdfast.mqtt.store.Outcomes;
import dev.holdfast.mqtt.store.SessionState.Presence;
import dev.holdfast.mqtt.store.StoredSession;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Many clients of one store come back after a restart without a transaction for each. */
class ManySessionsTest {
    private static final int SESSIONS = 1_000;

    /** A commit follows when nobody wants anything for a while, and a busy machine has such. */
    private static final int SESSIONS_PER_COMMIT = 8;

    @TempDir Path folder;

    @Test
    void resumesThemInFarFewerCommitsThanTheyAre() {
        RecordingFiles.start();
        H2SessionStore store =
                new H2SessionStore(
                        folder.resolve("store"),
                        file -> Database.open(file, RecordingFiles.SCHEME + ":", Schema.STEPS));
        openAll(store, Presence.NONE);
        RecordingFiles.mark(new RecordingFiles.Opened());
        openAll(store, Presence.HELD);

        List<RecordingFiles.Event> events = RecordingFiles.events();
        int restart = events.indexOf(new RecordingFiles.Opened());
        long commits =
                events.subList(restart, events.size()).stream()
                        .filter(ManySessionsTest::isChunk)
                        .count();
        assertTrue(commits > 0, "was not recorded");
        assertTrue(
                commits <= SESSIONS / SESSIONS_PER_COMMIT,
                commits + " commits for " + SESSIONS + " sessions");
    }

    /** Opens them one after the other, has each confirmed by its server, and closes all. */
    private static void openAll(H2SessionStore store, Presence expected) {
        List<StoredSession> open = new ArrayList<>();
        for (int i = 0; i < SESSIONS; i++) {
            open.add(store.open("press-" + i));
        }
        Outcomes outcomes = new Outcomes();
        for (StoredSession session : open) {
            assertEquals(expected, session.recovered().presence());
            session.write(List.of(new Change.Presence(Presence.HELD)), outcomes.next());
        }
        outcomes.awaitStored();
        open.forEach(StoredSession::close);
    }

    private static boolean isChunk(RecordingFiles.Event event) {
        return event instanceof RecordingFiles.Write write
                && write.position() >= StoreHeader.LENGTH;
    }
}
