package dev.holdfast.mqtt.h2;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.util.concurrent.atomic.AtomicLong;
import org.h2.store.fs.FileBaseDefault;
import org.h2.store.fs.FilePath;
import org.h2.store.fs.FilePathWrapper;

/** A file layer, scheme {@code faulty:}, whose disk has only so much room. */
public final class FaultyFiles extends FilePathWrapper {
    static final String LAYER = "faulty:";

    /** Bytes that may still be written. */
    static final AtomicLong ROOM = new AtomicLong();

    static void register() {
        ROOM.set(Long.MAX_VALUE);
        FilePath.register(new FaultyFiles());
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
            return base.read(target, position);
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
