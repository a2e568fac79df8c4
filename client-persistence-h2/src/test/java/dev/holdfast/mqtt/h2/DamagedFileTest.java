package dev.holdfast.mqtt.h2;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.mqtt.store.Outcomes;
import dev.holdfast.mqtt.store.RandomSession;
import dev.holdfast.mqtt.store.Snapshot;
import dev.holdfast.mqtt.store.StoreException;
import dev.holdfast.mqtt.store.StoredSession;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Damages a file at random places, in all ways that come to mind. The store opens with exactly what
 * was stored, or says that it is damaged; nothing in between.
 */
@Timeout(600) // seconds; it takes a few where nothing else runs
class DamagedFileTest {
    private static final long SEED = Long.getLong("holdfast.damage.seed", 17);
    private static final int BATCHES = 150;

    /** How many damages of each kind are tried. */
    private static final int DAMAGES = Integer.getInteger("holdfast.damages", 12);

    @TempDir Path folder;

    private Path file;
    private Snapshot stored;

    /** What happens to a file. */
    enum Damage {
        BIT {
            @Override
            byte[] of(byte[] bytes, Random random) {
                bytes[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
                return bytes;
            }
        },
        HEADER {
            @Override
            byte[] of(byte[] bytes, Random random) {
                bytes[random.nextInt(300)] ^= (byte) (1 + random.nextInt(255));
                bytes[4096 + random.nextInt(300)] ^= (byte) (1 + random.nextInt(255));
                return bytes;
            }
        },
        SECTOR_OF_ZEROS {
            @Override
            byte[] of(byte[] bytes, Random random) {
                int sector = 512 * random.nextInt(bytes.length / 512);
                Arrays.fill(bytes, sector, sector + 512, (byte) 0);
                return bytes;
            }
        },
        SECTOR_FROM_ELSEWHERE {
            @Override
            byte[] of(byte[] bytes, Random random) {
                int to = 512 * random.nextInt(bytes.length / 512);
                int from = 512 * random.nextInt(bytes.length / 512);
                System.arraycopy(bytes, from, bytes, to, 512);
                return bytes;
            }
        },
        BLOCK_OF_NOISE {
            @Override
            byte[] of(byte[] bytes, Random random) {
                byte[] noise = new byte[4096];
                random.nextBytes(noise);
                int block = 4096 * random.nextInt(bytes.length / 4096);
                System.arraycopy(noise, 0, bytes, block, 4096);
                return bytes;
            }
        },
        SHORTER {
            @Override
            byte[] of(byte[] bytes, Random random) {
                return Arrays.copyOf(bytes, random.nextInt(bytes.length));
            }
        },
        SHORTER_BY_BLOCKS {
            @Override
            byte[] of(byte[] bytes, Random random) {
                return Arrays.copyOf(bytes, 4096 * random.nextInt(bytes.length / 4096));
            }
        },
        LONGER {
            @Override
            byte[] of(byte[] bytes, Random random) {
                byte[] longer = Arrays.copyOf(bytes, bytes.length + 1 + random.nextInt(20_000));
                for (int i = bytes.length; i < longer.length; i++) {
                    longer[i] = (byte) random.nextInt();
                }
                return longer;
            }
        };

        abstract byte[] of(byte[] bytes, Random random);
    }

    @BeforeEach
    void nameFile() {
        file = folder.resolve("store.mv.db");
    }

    /** Fills a store and ends its use. */
    private byte[] fill(boolean cleanly) throws IOException {
        H2SessionStore store = H2SessionStore.at(file);
        RandomSession made = new RandomSession(SEED);
        byte[] killed;
        try (StoredSession session = store.open("press-17")) {
            Outcomes outcomes = new Outcomes();
            for (int i = 0; i < BATCHES; i++) {
                session.write(made.nextBatch(), outcomes.next());
                outcomes.awaitStored();
            }
            killed = Files.readAllBytes(file);
        }
        stored = Snapshot.of(made.state());
        return cleanly ? Files.readAllBytes(file) : killed;
    }

    @ParameterizedTest
    @EnumSource
    void opensWithAllThatWasStoredOrNotAtAll(Damage damage) throws IOException {
        int noticed = 0;
        for (boolean cleanly : new boolean[] {true, false}) {
            Files.deleteIfExists(file);
            byte[] whole = fill(cleanly);
            Random random = new Random(SEED);
            for (int i = 0; i < DAMAGES; i++) {
                byte[] damaged = damage.of(whole.clone(), random);
                String which = damage + " number " + i + (cleanly ? ", closed" : ", killed");
                Files.write(file, damaged);
                try (StoredSession session = H2SessionStore.at(file).open("press-17")) {
                    assertEquals(stored, Snapshot.of(session), which);
                } catch (StoreException e) {
                    noticed++;
                    assertEquals(DamagedStoreException.class, e.getClass(), which + ": " + e);
                    assertTrue(e.getMessage().contains(file.toString()), e.getMessage());
                    assertTrue(e.getMessage().contains("SET_ASIDE"), e.getMessage());
                    assertArrayEquals(damaged, Files.readAllBytes(file), which);
                    setAside(damaged, which);
                }
            }
        }
        assertTrue(noticed > 0 || damage == Damage.LONGER, "no damage was noticed");
    }

    private void setAside(byte[] damaged, String which) throws IOException {
        H2SessionStore store = H2SessionStore.at(file).whenDamaged(WhenDamaged.SET_ASIDE);
        try (StoredSession session = store.open("press-17")) {
            assertEquals(1, session.recovered().numbersReserved(), which);
        }
        Path aside;
        try (Stream<Path> files = Files.list(folder)) {
            aside =
                    files.filter(path -> path.toString().matches(".*\\.damaged-.*\\.mv\\.db"))
                            .findAny()
                            .orElseThrow(() -> new AssertionError(which));
        }
        assertArrayEquals(damaged, Files.readAllBytes(aside), which);
        Path report = Path.of(aside.toString().replace(".mv.db", ".txt"));
        assertTrue(Files.readString(report).contains("\nRows that could be read: "), which);
        Files.delete(aside);
        Files.delete(report);
    }
}
