package dev.holdfast.mqtt.h2.files;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import org.h2.store.fs.FileBaseDefault;
import org.h2.store.fs.FilePathWrapper;

/**
 * A file layer for H2, scheme {@code holdfast-durable:} in front of another one, that makes each of
 * H2's writes durable before the next begins, and each chunk all or nothing.
 *
 * <p>H2 writes a chunk as header, pages, footer, and takes it for whole when header and footer
 * agree: the pages between carry no checksum. A disk that loses power writes sectors in any order,
 * so a chunk could look whole and not be. Here all of it but the last sector, which holds the
 * footer, is forced first; the footer then commits it.
 */
public final class DurableFiles extends FilePathWrapper {
    /** What stands before the colon in a path. */
    public static final String SCHEME = "holdfast-durable";

    /** The store header, twice: two blocks at the start of the file, each with a checksum. */
    private static final int STORE_HEADER = 2 * 4096;

    /** What a disk writes as a whole at least. The footer takes its last 128 bytes. */
    private static final int SECTOR = 512;

    /** H2 makes one of these for each path, by reflection. */
    public DurableFiles() {}

    @Override
    public String getScheme() {
        return SCHEME;
    }

    @Override
    public FileChannel open(String mode) throws IOException {
        FileChannel file = getBase().open(mode);
        return mode.equals("r") ? file : new File(file);
    }

    private static final class File extends FileBaseDefault {
        private final FileChannel base;

        File(FileChannel base) {
            this.base = base;
        }

        @Override
        public synchronized int write(ByteBuffer source, long position) throws IOException {
            int length = source.remaining();
            int end = source.limit();
            long at = position;
            if (position >= STORE_HEADER && length > SECTOR) {
                source.limit(end - SECTOR);
                at = writeAll(source, at);
                base.force(false);
                source.limit(end);
            }
            writeAll(source, at);
            base.force(false);
            return length;
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
            base.truncate(size);
            base.force(true);
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
        public void force(boolean metaData) throws IOException {
            base.force(metaData);
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
