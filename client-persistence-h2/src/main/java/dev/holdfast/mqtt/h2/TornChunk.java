package dev.holdfast.mqtt.h2;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.StandardOpenOption;
import org.h2.mvstore.DataUtils;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A chunk that was being written when power failed. Its header and footer may be there and promise
 * what is not between them; and H2 looks for no more than these.
 */
final class TornChunk {
    private static final Logger LOG = LoggerFactory.getLogger(TornChunk.class);
    private static final int BLOCK = 4096;
    private static final int HEXADECIMAL = 16;

    private TornChunk() {}

    /**
     * Takes out its header, which makes it nothing to H2.
     *
     * @param block where it begins, in blocks of the file
     * @param version what its header says, or it is left alone
     */
    static void takeOut(StoreFile file, long block, long version) throws IOException {
        try (FileChannel channel =
                        FileChannel.open(
                                file.path(), StandardOpenOption.READ, StandardOpenOption.WRITE);
                @Nullable FileLock lock = lock(channel)) {
            if (lock == null) {
                throw Errors.inUse(file, null);
            }
            byte[] header = new byte[BLOCK];
            channel.read(ByteBuffer.wrap(header), block * BLOCK);
            if (version != version(header)) {
                return;
            }
            ByteBuffer nothing = ByteBuffer.allocate(BLOCK);
            while (nothing.hasRemaining()) {
                channel.write(nothing, block * BLOCK + nothing.position());
            }
            channel.force(false);
            LOG.warn(
                    "{}: its state number {} was not written to its end, as when power fails, and"
                            + " was taken out; all that was reported as stored is in the one before",
                    file,
                    version);
        }
    }

    private static @Nullable FileLock lock(FileChannel channel) throws IOException {
        try {
            return channel.tryLock();
        } catch (OverlappingFileLockException e) {
            return null; // by this process
        }
    }

    private static long version(byte[] header) {
        String text = new String(header, StandardCharsets.ISO_8859_1);
        int end = text.indexOf('\n');
        String version =
                end < 0 ? null : DataUtils.getFromMap(text.substring(0, end).trim(), "version");
        return version == null ? -1 : Long.parseLong(version, HEXADECIMAL);
    }
}
