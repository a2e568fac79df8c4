package dev.holdfast.mqtt.h2.files;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousFileChannel;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.h2.store.fs.FileBaseDefault;
import org.h2.store.fs.FilePathWrapper;

/**
 * A file layer for H2, scheme {@code holdfast:}, whose files stay open when a thread that uses them
 * is interrupted. A plain {@link FileChannel} closes then, and the database with it. H2's own
 * {@code async:} layer is immune too, but hands each read and write to a thread of the JDK, which
 * costs time and leaves threads behind.
 */
public final class UninterruptibleFiles extends FilePathWrapper {
    /** What stands before the colon in a path. */
    public static final String SCHEME = "holdfast";

    /** H2 makes one of these for each path, by reflection. */
    public UninterruptibleFiles() {}

    @Override
    public String getScheme() {
        return SCHEME;
    }

    @Override
    public FileChannel open(String mode) throws IOException {
        return new File(Path.of(getBase().name), mode);
    }

    /**
     * Reads and writes as {@link RandomAccessFile} does, locks and forces as {@link
     * AsynchronousFileChannel} does in the calling thread: none of these notices an interrupt.
     */
    private static final class File extends FileBaseDefault {
        private final RandomAccessFile data;
        private final AsynchronousFileChannel control;

        File(Path path, String mode) throws IOException {
            data = new RandomAccessFile(path.toFile(), mode);
            try {
                control =
                        mode.equals("r")
                                ? AsynchronousFileChannel.open(path, StandardOpenOption.READ)
                                : AsynchronousFileChannel.open(
                                        path, StandardOpenOption.READ, StandardOpenOption.WRITE);
            } catch (IOException | RuntimeException e) {
                data.close();
                throw e;
            }
        }

        @Override
        public synchronized int read(ByteBuffer target, long position) throws IOException {
            data.seek(position);
            if (target.hasArray()) {
                int read =
                        data.read(
                                target.array(),
                                target.arrayOffset() + target.position(),
                                target.remaining());
                if (read > 0) {
                    target.position(target.position() + read);
                }
                return read;
            }
            byte[] bytes = new byte[target.remaining()];
            int read = data.read(bytes);
            if (read > 0) {
                target.put(bytes, 0, read);
            }
            return read;
        }

        @Override
        public synchronized int write(ByteBuffer source, long position) throws IOException {
            int length = source.remaining();
            data.seek(position);
            if (source.hasArray()) {
                data.write(source.array(), source.arrayOffset() + source.position(), length);
                source.position(source.limit());
            } else {
                byte[] bytes = new byte[length];
                source.get(bytes);
                data.write(bytes);
            }
            return length;
        }

        @Override
        public synchronized long size() throws IOException {
            return data.length();
        }

        @Override
        protected void implTruncate(long size) throws IOException {
            if (size < data.length()) {
                data.setLength(size);
            }
        }

        @Override
        public void force(boolean metaData) throws IOException {
            control.force(metaData);
        }

        @Override
        public FileLock tryLock(long position, long size, boolean shared) throws IOException {
            return control.tryLock(position, size, shared);
        }

        @Override
        protected void implCloseChannel() throws IOException {
            try {
                data.close();
            } finally {
                control.close();
            }
        }
    }
}
