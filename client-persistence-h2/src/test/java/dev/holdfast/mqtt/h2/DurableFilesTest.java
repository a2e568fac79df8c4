package dev.holdfast.mqtt.h2;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.mqtt.h2.files.DamagedChunkException;
import dev.holdfast.mqtt.h2.files.DurableFiles;
import dev.holdfast.mqtt.h2.files.SealedFiles;
import dev.holdfast.mqtt.h2.files.StoreHeader;
import dev.holdfast.mqtt.store.Change;
import dev.holdfast.mqtt.store.Outcomes;
import dev.holdfast.mqtt.store.StoredSession;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.h2.mvstore.DataUtils;
import org.h2.store.fs.FilePath;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What is forced, in which order. */
@Timeout(60)
class DurableFilesTest {
    private static final int BLOCK = 4096;
    private static final int COMMITS = 200;

    @TempDir Path folder;

    @BeforeEach
    void register() {
        FilePath.register(new SealedFiles());
        FilePath.register(new DurableFiles());
        RecordingFiles.start();
    }

    @Test
    void forcesAChunkTogetherWithTheOneHalfOfTheHeaderThatNamesIt() throws IOException {
        try (FileChannel file = open(DurableFiles.SCHEME)) {
            header(file, 1, false);
            chunk(file, 2);
            header(file, 2, false);
            chunk(file, 3);
            header(file, 3, false);
            chunk(file, 4);
            header(file, 4, false);
        }
        assertEquals(
                "force 0+8192 force"
                        + " 8192+4096 4096+4096 force"
                        + " 12288+4096 0+4096 force"
                        + " 16384+4096 4096+4096 force",
                recorded());
    }

    @Test
    void forcesWhatADeadProcessMayHaveWrittenBeforeItIsRead() throws IOException {
        try (FileChannel file = open(DurableFiles.SCHEME)) {
            assertEquals("force", recorded());
            chunk(file, 2);
        }
        assertEquals("force 8192+4096", recorded());
    }

    @Test
    void forcesAChunkThatNoHeaderNamesBeforeTheNext() throws IOException {
        try (FileChannel file = open(DurableFiles.SCHEME)) {
            chunk(file, 2);
            chunk(file, 3);
        }
        assertEquals("force 8192+4096 force 12288+4096", recorded());
    }

    @Test
    void forcesAChunkBeforeBothHalvesNameIt() throws IOException {
        try (FileChannel file = open(DurableFiles.SCHEME)) {
            header(file, 1, false);
            chunk(file, 2);
            header(file, 2, true); // clean
        }
        assertEquals("force 0+8192 force 8192+4096 force 0+8192 force", recorded());
    }

    @Test
    void forcesAChunkBeforeTheFileGetsShorter() throws IOException {
        try (FileChannel file = open(DurableFiles.SCHEME)) {
            chunk(file, 2);
            chunk(file, 3);
            file.truncate(3L * BLOCK);
        }
        assertEquals("force 8192+4096 force 12288+4096 force to 12288", recorded());
    }

    @Test
    void forcesOnceForEachGroupWhenPowerMayFail() {
        long forces = forcesWhileInUse(Durability.POWER_LOSS);
        assertEquals(COMMITS, forces, COMMITS / 20.0);
    }

    @Test
    void forcesNothingBeforeTheEndWhenOnlyTheProcessMayDie() {
        assertEquals(0, forcesWhileInUse(Durability.PROCESS_CRASH));
        long atTheEnd =
                RecordingFiles.events().stream()
                        .filter(RecordingFiles.Force.class::isInstance)
                        .count();
        assertEquals(1, atTheEnd);
    }

    /** Of messages that come and go, so that the file gets longer and shorter. */
    private long forcesWhileInUse(Durability durability) {
        String durable = durability == Durability.POWER_LOSS ? DurableFiles.SCHEME + ":" : "";
        String layers = durable + RecordingFiles.SCHEME + ":";
        H2SessionStore store =
                new H2SessionStore(
                        folder.resolve("store"), f -> Database.open(f, layers, Schema.STEPS));
        try (StoredSession session = store.open("press-17")) {
            Outcomes outcomes = new Outcomes();
            RecordingFiles.start();
            long completed = 0;
            long accepted = 0;
            for (int commit = 0; commit < COMMITS; commit++) {
                List<Change> batch = new ArrayList<>();
                for (long end = accepted; completed < end; ) {
                    batch.add(Samples.completed(++completed));
                }
                for (long end = accepted + 1 + commit * 37 % 100; accepted < end; ) {
                    batch.add(Samples.accepted(++accepted, 1_000));
                }
                session.write(batch, outcomes.next());
                outcomes.awaitStored();
            }
            List<RecordingFiles.Event> events = RecordingFiles.events();
            long truncated =
                    events.stream().filter(RecordingFiles.Truncate.class::isInstance).count();
            assertTrue(truncated > 2, "got shorter so many times only: " + truncated);
            return events.stream().filter(RecordingFiles.Force.class::isInstance).count();
        }
    }

    @Test
    void takesAChunkForOneThatWasBeingWrittenOnlyWhereNobodyCouldKnowOfIt() {
        StoreHeader inTurn = new StoreHeader(header(8, 7));
        assertTrue(inTurn.isUnderWay(8, 80), "named by one half");
        assertTrue(inTurn.isUnderWay(9, 90), "named by none");
        assertFalse(inTurn.isUnderWay(80, 800), "older chunks lead to none so new");
        assertFalse(inTurn.isUnderWay(7, 70), "named by the half that was kept");
        assertFalse(new StoreHeader(header(8, 8)).isUnderWay(8, 80), "named by both");
        assertFalse(new StoreHeader(header(80, 8)).isUnderWay(80, 800), "both halves were written");
        assertFalse(new StoreHeader(header(8, -1)).isUnderWay(8, 80), "a half is damaged");
    }

    @Test
    void takesOutNoChunkThatIsWhole() throws IOException {
        Path path = folder.resolve("whole");
        StoreFile file = new StoreFile(path);
        try (StoredSession session = H2SessionStore.at(path).open("press-17")) {
            Outcomes outcomes = new Outcomes();
            session.write(List.of(Samples.accepted(1, 10)), outcomes.next());
            outcomes.awaitStored();
        }
        byte[] before = Files.readAllBytes(file.path());
        String text = new String(before, StandardCharsets.ISO_8859_1);
        int chunk = text.indexOf("chunk:", StoreHeader.LENGTH);
        String start = text.substring(chunk, text.indexOf('\n', chunk)).trim();
        int blocks = Integer.parseInt(DataUtils.getFromMap(start, "len"), 16);
        int number = Integer.parseInt(DataUtils.getFromMap(start, "chunk"), 16);
        long version = Long.parseLong(DataUtils.getFromMap(start, "version"), 16);
        // As if power had failed while it was written.
        byte[] unsure = before.clone();
        byte[] header = header(half(number, version, ""), half(number - 1, version - 1, ""));
        System.arraycopy(header, 0, unsure, 0, header.length);
        Files.write(file.path(), unsure);
        DamagedChunkException torn = new DamagedChunkException(chunk, blocks * BLOCK);
        TornChunk.takeOut(file, torn, number, version);
        assertArrayEquals(unsure, Files.readAllBytes(file.path()));
        unsure[chunk + BLOCK / 2] ^= 1;
        Files.write(file.path(), unsure);
        TornChunk.takeOut(file, torn, number, version);
        assertEquals(0, Files.readAllBytes(file.path())[chunk], "now it is torn");
    }

    private FileChannel open(String scheme) throws IOException {
        String path = scheme + ":" + RecordingFiles.SCHEME + ":" + folder.resolve("file");
        return FilePath.get(path).open("rw");
    }

    private static void chunk(FileChannel file, int block) throws IOException {
        file.write(ByteBuffer.allocate(BLOCK), (long) block * BLOCK);
    }

    private static void header(FileChannel file, int version, boolean clean) throws IOException {
        byte[] half = half(version, version, clean ? ",clean:1" : "");
        file.write(ByteBuffer.allocate(2 * BLOCK).put(half).put(half).rewind(), 0);
    }

    /** Versions go up by ten from chunk to chunk. */
    private static byte[] header(int first, int second) {
        return header(half(first, 10L * first, ""), half(second, 10L * second, ""));
    }

    private static byte[] header(byte[] first, byte[] second) {
        return ByteBuffer.allocate(2 * BLOCK).put(first).put(second).array();
    }

    /** Nothing for a chunk below zero. */
    private static byte[] half(int chunk, long version, String more) {
        StringBuilder text = new StringBuilder();
        if (chunk >= 0) {
            text.append("H:3,version:").append(Long.toHexString(version));
            text.append(",chunk:").append(Integer.toHexString(chunk)).append(more);
            byte[] bytes = text.toString().getBytes(StandardCharsets.ISO_8859_1);
            DataUtils.appendMap(text, "fletcher", DataUtils.getFletcher32(bytes, 0, bytes.length));
            text.append('\n');
        }
        return Arrays.copyOf(text.toString().getBytes(StandardCharsets.ISO_8859_1), BLOCK);
    }

    private static String recorded() {
        StringBuilder text = new StringBuilder();
        for (RecordingFiles.Event event : RecordingFiles.events()) {
            if (event instanceof RecordingFiles.Write write) {
                text.append(' ').append(write.position()).append('+').append(write.bytes().length);
            } else if (event instanceof RecordingFiles.Truncate truncate) {
                text.append(" to ").append(truncate.size());
            } else if (event instanceof RecordingFiles.Force) {
                text.append(" force");
            }
        }
        return text.toString().trim();
    }
}
