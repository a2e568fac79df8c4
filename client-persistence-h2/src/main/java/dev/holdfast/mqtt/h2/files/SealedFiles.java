package dev.holdfast.mqtt.h2.files;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import org.h2.store.fs.FileBaseDefault;
import org.h2.store.fs.FilePath;
import org.h2.store.fs.FilePathWrapper;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A file layer for H2, scheme {@code holdfast-sealed:} in front of others, that puts a {@link
 * ChunkSeal} on each chunk it writes, and looks at those of an older file that were not looked at
 * before: when something is read of such a chunk, all of it is, once.
 */
public final class SealedFiles extends FilePathWrapper {
    /** What stands before the colon in a path. */
    public static final String SCHEME = "holdfast-sealed";

    private static final Logger LOG = LoggerFactory.getLogger(SealedFiles.class);

    /** For the next opening of each file. */
    private static final Map<Path, Unchecked> UNCHECKED = new ConcurrentHashMap<>();

    /** The newest opening of each file, as long as somebody may ask for it. */
    private static final Map<Path, File> OPEN = new ConcurrentHashMap<>();

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
    public static void check(Path file, Unchecked unchecked) {
        UNCHECKED.put(real(file), unchecked);
    }

    /**
     * What kept the file from being read since it was last opened. H2 does not always say: it takes
     * what cannot be read for what is not there.
     *
     * @param file without schemes
     * @return null if nothing did
     */
    public static @Nullable IOException failure(Path file) {
        File open = OPEN.get(real(file));
        return open == null ? null : open.failure;
    }

    /**
     * Closes a file that H2 may have left open and locked when it stumbled.
     *
     * @param file without schemes
     */
    public static void letGo(Path file) {
        File open = OPEN.remove(real(file));
        if (open != null) {
            try {
                open.close();
            } catch (IOException e) {
                LOG.warn("{} may stay locked until this process ends", file, e);
            }
        }
    }

    /** H2 follows symbolic links before it opens a file. */
    private static Path real(Path file) {
        try {
            return file.toRealPath();
        } catch (IOException e) {
            return file; // is not there, or no longer
        }
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
        Path real = real(Path.of(path.toString()));
        NavigableMap<Long, Integer> chunks = new TreeMap<>();
        Unchecked unchecked = UNCHECKED.remove(real);
        if (unchecked != null && unchecked.header().equals(header(file))) {
            chunks = unchecked.chunks();
        }
        File open = new File(file, chunks);
        OPEN.put(real, open);
        return open;
    }

    private static ByteBuffer header(FileChannel file) throws IOException {
        ByteBuffer header = ByteBuffer.allocate(StoreHeader.LENGTH);
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
        private volatile @Nullable IOException failure;

        /** Whether the header no longer says that the file was closed cleanly. */
        private boolean inUse;

        /** Whether all that was written is to be forced before the file is closed. */
        private boolean forceAtEnd;

        File(FileChannel base, NavigableMap<Long, Integer> unchecked) {
            this.base = base;
            this.unchecked = unchecked;
        }

        /**
         * Whatever follows a read that failed fails too: H2 searches for the newest state by
         * reading, passes over what it cannot read, and would go on from an older state.
         */
        private void requireReadable() throws IOException {
            if (failure != null) {
                throw new IOException(failure.getMessage(), failure);
            }
        }

        @Override
        public synchronized int write(ByteBuffer source, long position) throws IOException {
            requireReadable();
            forceAtEnd = false;
            int length = source.remaining();
            if (position >= StoreHeader.LENGTH) {
                if (!inUse) {
                    takeOutCleanMark();
                    inUse = true;
                }
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
         * A header that says that the file was closed cleanly makes recovery start from the wrong
         * end. H2 takes the mark out after it has written the first chunk; a process that died in
         * between, with that chunk written over a dead one, would leave a file that opens some
         * commits back. So it is taken out before.
         */
        private void takeOutCleanMark() throws IOException {
            ByteBuffer header = header(base);
            if (header.remaining() < StoreHeader.LENGTH) {
                return; // the file is being created
            }
            int half = StoreHeader.BLOCK;
            ByteBuffer marked = ByteBuffer.allocate(StoreHeader.LENGTH);
            for (int i = 0; i < 2; i++) {
                byte[] block = new byte[half];
                header.get(block);
                String text = ChunkSeal.checked(block);
                marked.position(i * half);
                marked.put(text == null ? block : ChunkSeal.withChecksum(withoutCleanMark(text)));
            }
            marked.rewind();
            if (!marked.equals(header.rewind())) {
                while (marked.hasRemaining()) {
                    base.write(marked, marked.position());
                }
            }
        }

        private static String withoutCleanMark(String header) {
            return Arrays.stream(header.split(",", -1))
                    .filter(entry -> !entry.startsWith("clean:"))
                    .collect(Collectors.joining(","));
        }

        @Override
        public synchronized int read(ByteBuffer target, long position) throws IOException {
            requireReadable();
            try {
                checkChunk(position);
                return base.read(target, position);
            } catch (DamagedChunkException e) {
                throw e;
            } catch (IOException e) {
                failure = e;
                throw e;
            } catch (Error e) {
                failure = new IOException(e.toString(), e);
                throw e;
            }
        }

        /**
         * Header and footer of a chunk may be read without a check: by these H2 searches for the
         * newest state, and would pass over a damaged one to an older.
         */
        private void checkChunk(long position) throws IOException {
            Map.Entry<Long, Integer> chunk = unchecked.lowerEntry(position);
            if (chunk != null && position < chunk.getKey() + chunk.getValue() - ChunkSeal.FOOTER) {
                check(chunk.getKey(), chunk.getValue());
            }
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
            requireReadable();
            forceAtEnd = false;
            base.truncate(size);
        }

        @Override
        public long size() throws IOException {
            return base.size();
        }

        /**
         * H2 forces a file that it closes, and one that is about to get shorter, which may be after
         * each commit. What needs the latter is in {@link DurableFiles}; the death of a process
         * alone needs nothing.
         */
        @Override
        public synchronized void force(boolean metaData) {
            forceAtEnd = true;
        }

        @Override
        public FileLock tryLock(long position, long size, boolean shared) throws IOException {
            return base.tryLock(position, size, shared);
        }

        @Override
        protected void implCloseChannel() throws IOException {
            try {
                if (forceAtEnd) {
                    base.force(true);
                }
            } finally {
                base.close();
            }
        }
    }
}
