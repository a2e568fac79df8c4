package dev.holdfast.mqtt.samples;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.function.Consumer;

/**
 * A program's own record of what it has seen, a line a fact, which another process can follow while
 * it grows. A fact counts once its line is written, and what is written survives SIGKILL: each line
 * is one write to the end of the file, in the hands of the operating system when {@link #write}
 * returns. A last line without its end is a fact that was not recorded.
 */
final class Journal implements AutoCloseable {
    private final FileChannel file;

    private Journal(FileChannel file) {
        this.file = file;
    }

    /** Opens a journal for writing behind what it holds, after cutting off a torn last line. */
    static Journal open(Path path) {
        try {
            FileChannel file =
                    FileChannel.open(
                            path,
                            StandardOpenOption.CREATE,
                            StandardOpenOption.READ,
                            StandardOpenOption.WRITE);
            byte[] content = Files.readAllBytes(path);
            int end = content.length;
            while (end > 0 && content[end - 1] != '\n') {
                end--;
            }
            file.truncate(end);
            file.position(end);
            return new Journal(file);
        } catch (IOException e) {
            throw new UncheckedIOException("Could not open the journal " + path, e);
        }
    }

    /** Records a fact. It has survived the death of this process when this method returns. */
    synchronized void write(String line) {
        ByteBuffer bytes = ByteBuffer.wrap((line + '\n').getBytes(StandardCharsets.UTF_8));
        try {
            int written = file.write(bytes);
            if (bytes.hasRemaining()) {
                throw new IOException("only " + written + " bytes of a line were written");
            }
        } catch (IOException e) {
            throw new UncheckedIOException("Could not write to the journal; is the disk full?", e);
        }
    }

    @Override
    public void close() {
        try {
            file.close();
        } catch (IOException e) {
            throw new UncheckedIOException("Could not close the journal", e);
        }
    }

    /** Follows a journal that another process may be writing, or that does not exist yet. */
    static final class Reader {
        private final Path path;
        private long position;

        Reader(Path path) {
            this.path = path;
        }

        /** Hands over the complete lines that are new since the last call. */
        void read(Consumer<String> fact) {
            if (!Files.exists(path)) {
                return;
            }
            try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "r")) {
                byte[] news = new byte[Math.toIntExact(Math.max(0, file.length() - position))];
                file.seek(position);
                file.readFully(news);
                int start = 0;
                for (int i = 0; i < news.length; i++) {
                    if (news[i] == '\n') {
                        fact.accept(new String(news, start, i - start, StandardCharsets.UTF_8));
                        start = i + 1;
                    }
                }
                position += start;
            } catch (IOException e) {
                throw new UncheckedIOException("Could not read the journal " + path, e);
            }
        }
    }
}
