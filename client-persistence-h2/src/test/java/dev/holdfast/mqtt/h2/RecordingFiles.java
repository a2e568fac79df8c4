package dev.holdfast.mqtt.h2;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.util.ArrayList;
import java.util.List;
import org.h2.store.fs.FileBaseDefault;
import org.h2.store.fs.FilePath;
import org.h2.store.fs.FilePathWrapper;

/** A file layer, scheme {@code recording:}, that remembers what was written and what was forced. */
public final class RecordingFiles extends FilePathWrapper {
    static final String SCHEME = "recording";

    /** What happened to database files, in order, together with marks of the test. */
    private static final List<Event> EVENTS = new ArrayList<>();

    /** One thing that happened. */
    sealed interface Event {}

    record Write(long position, byte[] bytes) implements Event {}

    record Truncate(long size) implements Event {}

    record Force() implements Event {}

    /** What follows happens to this file; a store is created under another name. */
    record Named(String path) implements Event {}

    /** A store was opened. */
    record Opened() implements Event {}

    /** A batch was handed over. */
    record Issued(int batches) implements Event {}

    /** A batch was said to be merged that releases these messages. */
    record Merged(List<Long> released) implements Event {}

    /** A batch was reported as stored. */
    record Stored(int batches) implements Event {}

    static void start() {
        FilePath.register(new RecordingFiles());
        synchronized (EVENTS) {
            EVENTS.clear();
        }
    }

    static List<Event> events() {
        synchronized (EVENTS) {
            return List.copyOf(EVENTS);
        }
    }

    static void mark(Event event) {
        synchronized (EVENTS) {
            EVENTS.add(event);
        }
    }

    @Override
    public String getScheme() {
        return SCHEME;
    }

    @Override
    public FileChannel open(String mode) throws IOException {
        FileChannel file = getBase().open(mode);
        mark(new Named(getBase().name));
        return new File(file);
    }

    private static final class File extends FileBaseDefault {
        private final FileChannel base;

        File(FileChannel base) {
            this.base = base;
        }

        @Override
        public synchronized int write(ByteBuffer source, long position) throws IOException {
            byte[] bytes = new byte[source.remaining()];
            source.duplicate().get(bytes);
            mark(new Write(position, bytes));
            while (source.hasRemaining()) {
                base.write(source, position + bytes.length - source.remaining());
            }
            return bytes.length;
        }

        @Override
        protected void implTruncate(long size) throws IOException {
            mark(new Truncate(size));
            base.truncate(size);
        }

        @Override
        public void force(boolean metaData) {
            mark(new Force());
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
