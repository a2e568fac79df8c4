package dev.holdfast.mqtt.h2;

import dev.holdfast.mqtt.store.RandomSession;
import dev.holdfast.mqtt.store.StoreException;
import dev.holdfast.mqtt.store.StoredSession;
import java.io.IOException;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.Semaphore;

/**
 * A process that writes to a store until it is killed, and notes how far it came in a mapped file,
 * which outlives it.
 */
final class KilledChild {
    /** Positions in the mapped file. */
    static final int ISSUED = 0;

    static final int STORED = 8;
    static final int SIZE = 16;

    private static final int UNDER_WAY = 64;

    private KilledChild() {}

    static MappedByteBuffer notes(Path file) throws IOException {
        try (FileChannel channel =
                FileChannel.open(
                        file,
                        StandardOpenOption.CREATE,
                        StandardOpenOption.READ,
                        StandardOpenOption.WRITE)) {
            return channel.map(FileChannel.MapMode.READ_WRITE, 0, SIZE);
        }
    }

    /**
     * Runs until it is killed, or ends itself while it writes.
     *
     * @param args store, durability, notes, seed, batches that are in the store already; and, to
     *     end by System.exit, how many shall be stored by then, and whether a hook closes the
     *     session
     */
    public static void main(String[] args) throws IOException, InterruptedException {
        MappedByteBuffer notes = notes(Path.of(args[2]));
        RandomSession made = new RandomSession(Long.parseLong(args[3]));
        int batch = Integer.parseInt(args[4]);
        for (int i = 0; i < batch; i++) {
            made.nextBatch();
        }
        notes.putLong(ISSUED, batch);
        notes.putLong(STORED, batch);
        StoredSession session =
                H2SessionStore.at(Path.of(args[0]), Durability.valueOf(args[1])).open("press-17");
        if (args.length > 5) {
            exitAfter(Integer.parseInt(args[5]), notes);
            if (Boolean.parseBoolean(args[6])) {
                Runtime.getRuntime().addShutdownHook(new Thread(session::close));
            }
        }
        Semaphore room = new Semaphore(UNDER_WAY);
        while (true) {
            room.acquire(batch % 100 == 0 ? UNDER_WAY : 1); // now and then one at a time
            if (batch % 100 == 0) {
                room.release(UNDER_WAY - 1);
            }
            int next = ++batch;
            notes.putLong(ISSUED, next);
            session.write(
                    made.nextBatch(),
                    new StoredSession.Outcome() {
                        @Override
                        public void stored() {
                            notes.putLong(STORED, next);
                            room.release();
                        }

                        @Override
                        public void failed(StoreException cause) {
                            throw cause;
                        }
                    });
        }
    }

    private static void exitAfter(int batches, MappedByteBuffer notes) {
        new Thread(
                        () -> {
                            while (notes.getLong(STORED) < batches) {
                                Thread.onSpinWait();
                            }
                            System.exit(0);
                        })
                .start();
    }
}
