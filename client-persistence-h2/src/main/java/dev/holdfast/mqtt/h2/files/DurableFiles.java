package dev.holdfast.mqtt.h2.files;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.util.Arrays;
import org.h2.store.fs.FileBaseDefault;
import org.h2.store.fs.FilePathWrapper;
import org.jspecify.annotations.Nullable;

/**
 * A file layer for H2, scheme {@code holdfast-durable:} in front of another one, that makes what H2
 * commits durable with one forced write.
 *
 * <p>H2 writes a chunk, and then the store header that names it. A disk that loses power before the
 * two are forced has written any of their sectors. So only one of the header's two blocks is
 * written, in turn: the other names the chunk before, which is whole, and with it all that it
 * needs, since no chunk is written over what the one before needs. Whoever opens the file finds out
 * whether the newest chunk is whole by its {@link ChunkSeal}, and takes it out if it is not.
 */
public final class DurableFiles extends FilePathWrapper {
    /** What stands before the colon in a path. */
    public static final String SCHEME = "holdfast-durable";

    /** H2 makes one of these for each path, by reflection. */
    public DurableFiles() {}

    @Override
    public String getScheme() {
        return SCHEME;
    }

    @Override
    public FileChannel open(String mode) throws IOException {
        FileChannel file = getBase().open(mode);
        if (mode.equals("r")) {
            return file;
        }
        // What a process that died has written may not be on the disk. It is about to be read, and
        // acted upon.
        file.force(false);
        return new File(file);
    }

    private static final class File extends FileBaseDefault {
        private final FileChannel base;

        /** Whether something was written that is not forced. */
        private boolean unforced;

        private @Nullable StoreHeader header;

        /** After it a system may say that it has forced what it has dropped. */
        private @Nullable IOException failure;

        File(FileChannel base) {
            this.base = base;
        }

        @Override
        public synchronized int write(ByteBuffer source, long position) throws IOException {
            int length = source.remaining();
            if (position == 0 && length == StoreHeader.LENGTH) {
                writeHeader(source);
            } else {
                // The chunk before may have no header that names it; this one may be written over
                // what leads to it.
                forceWhatIsUnforced();
                unforced = true;
                writeAll(source, position);
            }
            return length;
        }

        private void writeHeader(ByteBuffer source) throws IOException {
            byte[] bytes = new byte[StoreHeader.LENGTH];
            source.duplicate().get(bytes);
            StoreHeader next = new StoreHeader(bytes);
            StoreHeader before = header();
            boolean inTurn = next.agrees() && !next.isClosedCleanly();
            int block = inTurn ? before.spare(next.newest()) : -1;
            if (block < 0) {
                forceWhatIsUnforced(); // no block will name the chunk before
                writeAll(source, 0);
                header = next;
            } else {
                int end = source.limit();
                source.limit(source.position() + StoreHeader.BLOCK);
                writeAll(source, (long) block * StoreHeader.BLOCK);
                source.limit(end).position(end);
                before.written(block, next);
            }
            unforced = true;
            forceWhatIsUnforced();
        }

        private StoreHeader header() throws IOException {
            if (header == null) {
                byte[] bytes = new byte[StoreHeader.LENGTH];
                ByteBuffer start = ByteBuffer.wrap(bytes);
                while (start.hasRemaining() && base.read(start, start.position()) > 0) {
                    // until all of it is there, or the file at its end
                }
                header = new StoreHeader(Arrays.copyOf(bytes, start.position()));
            }
            return header;
        }

        private void forceWhatIsUnforced() throws IOException {
            if (failure != null) {
                throw new IOException(failure.getMessage(), failure);
            }
            if (unforced) {
                try {
                    base.force(false);
                } catch (IOException e) {
                    failure = e;
                    throw e;
                }
                unforced = false;
            }
        }

        private long writeAll(ByteBuffer source, long position) throws IOException {
            long at = position;
            while (source.hasRemaining()) {
                at += base.write(source, at);
            }
            return at;
        }

        @Override
        protected void implTruncate(long size) throws IOException {
            forceWhatIsUnforced(); // the chunk before may need the end of the file
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
        public synchronized void force(boolean metaData) throws IOException {
            forceWhatIsUnforced();
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
