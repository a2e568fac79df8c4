package dev.holdfast.mqtt.h2;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.holdfast.mqtt.store.OutgoingMessage;
import dev.holdfast.mqtt.store.StoredSession;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Guards against releases of H2 whose COMMIT returns before the file leads to what was committed:
 * 2.5.250 and 2.5.252 write a store header that names the chunk before the newest one, which shows
 * once space in the file is used again.
 */
@Timeout(240) // seconds; it takes a few where nothing else runs
class H2VersionGuardTest {
    private static final int COMMITS = 80;
    private static final int ALIVE = 20;

    @TempDir Path folder;

    @Test
    void eachCommitIsInTheFileWhenItReturns() throws IOException {
        Path copy = folder.resolve("copy.mv.db");
        H2SessionStore copies = H2SessionStore.at(copy);
        try (StoredSession session = H2SessionStore.at(folder.resolve("live")).open("press-17")) {
            for (long i = 1; i <= COMMITS; i++) {
                if (i > ALIVE) {
                    Samples.store(
                            session,
                            Samples.accepted(i, 256),
                            Samples.sent(i),
                            Samples.completed(i - ALIVE));
                } else {
                    Samples.store(session, Samples.accepted(i, 256), Samples.sent(i));
                }
                Files.copy(folder.resolve("live.mv.db"), copy, StandardCopyOption.REPLACE_EXISTING);
                assertEquals(alive(i), found(copies), "commit " + i);
            }
        }
    }

    private static List<Long> alive(long newest) {
        return LongStream.rangeClosed(Math.max(1, newest - ALIVE + 1), newest).boxed().toList();
    }

    private static List<Long> found(H2SessionStore store) {
        try (StoredSession session = store.open("press-17")) {
            return session.recovered().inFlight().stream().map(OutgoingMessage::sequence).toList();
        }
    }
}
