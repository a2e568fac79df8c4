package dev.holdfast.mqtt.h2;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.h2.store.fs.FileBaseDefault;
import org.h2.store.fs.FilePath;
import org.h2.store.fs.FilePathWrapper;
import org.jspecify.annotations.Nullable;

/** A file layer, scheme {@code faulty:}, over a disk that is full or breaks. */
public final class FaultyFiles extends FilePathWrapper {
    static final String LAYER = "faulty:";

    /** Bytes that may still be written. */
    static final AtomicLong ROOM = new AtomicLong();

    /** What may go wrong. */
    enum Operation {
        READ,
        WRITE,
        FORCE
    }

    private static final AtomicReference<@Nullable Fault> FAULT = new AtomicReference<>();

    private static final class Fault {
        private final Operation operation;
        private final Throwable failure;
        private final boolean once;
        private int left;
        private boolean happened;

        Fault(Operation operation, int left, boolean once, Throwable failure) {
            this.operation = operation;
            this.left = left;
            this.once = once;
            this.failure = failure;
        }

        synchronized void of(Operation performed) throws IOException {
            if (performed != operation || left-- > 0 || (once && happened)) {
                return;
            }
            happened = true;
            if (failure instanceof Error error) {
                throw error;
            }
            throw new IOException(failure.getMessage());
        }
    }

    static void register() {
        ROOM.set(Long.MAX_VALUE);
        FAULT.set(null);
        FilePath.register(new FaultyFiles());
    }

    /**
     * Breaks the disk.
     *
     * @param after so many operations that still work
     * @param once whether later ones work again
     * @param failure an Error, or what an I/O error shall say
     */
    static void fail(Operation operation, int after, boolean once, Throwable failure) {
        FAULT.set(new Fault(operation, after, once, failure));
    }

    /** Mends the disk, and says whether anything went wrong. */
    static boolean heal() {
        Fault fault = FAULT.getAndSet(null);
        return fault != null && fault.happened;
    }

    private static void perform(Operation operation) throws IOException {
        Fault fault = FAULT.get();
        if (fault != null) {
            fault.of(operation);
        }
    }

    @Override
    public String getScheme() {
        return "faulty";
    }

    @Override
    public FileChannel open(String mode) throws IOException {
        return new File(getBase().open(mode));
    }

    private static final class File extends FileBaseDefault {
        private final FileChannel base;

        File(FileChannel base) {
            this.base = base;
        }

        @Override
        public synchronized int write(ByteBuffer source, long position) throws IOException {
            perform(Operation.WRITE);
            long left = ROOM.addAndGet(-source.remaining());
            if (left < 0) {
                // A part of it still fits, as on a real disk.
                int fits = (int) Math.max(0, source.remaining() + left);
                ROOM.set(0);
                source.limit(source.position() + fits);
                base.write(source, position);
                throw new IOException("No space left on device");
            }
            return base.write(source, position);
        }

        @Override
        protected void implTruncate(long size) throws IOException {
            base.truncate(size);
        }

        @Override
        public synchronized int read(ByteBuffer target, long position) throws IOException {
            perform(Operation.READ);
            return base.read(target, position);
        }

        @Override
        public void force(boolean metaData) throws IOException {
            perform(Operation.FORCE);
            base.force(metaData);
        }

        @Override
        public long size() throws IOException {
            return base.size();
        }

        @Override
        public FileLock tryLock(long position, long size, boolean shared) throws IOException {
            return base.tryLock(position, size, shared);
        }

        @Override
        protected void implCloseChannel() throws IOException {
            base.close();
        }
    }
}
