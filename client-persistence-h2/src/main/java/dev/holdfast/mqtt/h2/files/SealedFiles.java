package dev.holdfast.mqtt.h2.files;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Path;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import org.h2.store.fs.FileBaseDefault;
import org.h2.store.fs.FilePath;
import org.h2.store.fs.FilePathWrapper;

/**
 * A file layer for H2, scheme {@code holdfast-sealed:} in front of others, that puts a {@link
 * ChunkSeal} on each chunk it writes, and looks at those of an older file that were not looked at
 * before: when something is read of such a chunk, all of it is, once.
 */
public final class SealedFiles extends FilePathWrapper {
    /** What stands before the colon in a path. */
    public static final String SCHEME = "holdfast-sealed";

    /** The store header, twice: two blocks at the start of the file, each with a checksum. */
    public static final int STORE_HEADER = 2 * 4096;

    /** For the next opening of each file. */
    private static final Map<Path, Unchecked> UNCHECKED = new ConcurrentHashMap<>();

    /**
     * What has not been looked at of a file.
     *
     * @param header the store header at that time; another one says that somebody has written since
     * @param chunks where they begin, and their lengths, both in bytes
     */
    public record Unchecked(ByteBuffer header, NavigableMap<Long, Integer> chunks) {}

    /** H2 makes one of these for each path, by reflection. */
    public SealedFiles() {}

    /**
     * Says what has not been looked at of a file that is about to be opened.
     *
     * @param file without schemes
     * @param unchecked used by the next opening
     */
    public static void check(Path file, Unchecked unchecked) throws IOException {
        UNCHECKED.put(file.toRealPath(), unchecked);
    }

    @Override
    public String getScheme() {
        return SCHEME;
    }

    @Override
    public FileChannel open(String mode) throws IOException {
        FileChannel file = getBase().open(mode);
        FilePath path = getBase();
        while (path instanceof FilePathWrapper wrapper) {
            path = wrapper.unwrap();
        }
        Unchecked unchecked = UNCHECKED.remove(Path.of(path.toString()).toRealPath());
        if (unchecked != null && unchecked.header().equals(header(file))) {
            return new File(file, unchecked.chunks());
        }
        return new File(file, new TreeMap<>());
    }

    private static ByteBuffer header(FileChannel file) throws IOException {
        ByteBuffer header = ByteBuffer.allocate(STORE_HEADER);
        readAll(file, header, 0);
        return header.flip();
    }

    /** Reads until the buffer is full or the file at its end. */
    private static void readAll(FileChannel file, ByteBuffer target, long position)
            throws IOException {
        long at = position;
        int read;
        while (target.hasRemaining() && (read = file.read(target, at)) >= 0) {
            at += read;
        }
    }

    private static final class File extends FileBaseDefault {
        private final FileChannel base;
        private final NavigableMap<Long, Integer> unchecked;

        File(FileChannel base, NavigableMap<Long, Integer> unchecked) {
            this.base = base;
            this.unchecked = unchecked;
        }

        @Override
        public synchronized int write(ByteBuffer source, long position) throws IOException {
            int length = source.remaining();
            if (position >= STORE_HEADER) {
                ChunkSeal.put(source);
                unchecked.subMap(position, position + length).clear();
            }
            long at = position;
            while (source.hasRemaining()) {
                at += base.write(source, at);
            }
            return length;
        }

        /**
         * Header and footer of a chunk may be read without a check: by these H2 searches for the
         * newest state, and would pass over a damaged one to an older.
         */
        @Override
        public synchronized int read(ByteBuffer target, long position) throws IOException {
            Map.Entry<Long, Integer> chunk = unchecked.lowerEntry(position);
            if (chunk != null && position < chunk.getKey() + chunk.getValue() - ChunkSeal.FOOTER) {
                check(chunk.getKey(), chunk.getValue());
            }
            return base.read(target, position);
        }

        private void check(long position, int length) throws IOException {
            ByteBuffer chunk = ByteBuffer.allocate(length);
            readAll(base, chunk, position);
            if (chunk.hasRemaining() || !ChunkSeal.isWhole(chunk.flip())) {
                throw new DamagedChunkException(position, length);
            }
            unchecked.remove(position);
        }

        @Override
        protected void implTruncate(long size) throws IOException {
            base.truncate(size);
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
