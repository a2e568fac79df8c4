package dev.holdfast.mqtt.h2;

import dev.holdfast.mqtt.store.StoreException;
import java.io.IOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Gives a damaged file another name, and says beside it what could be read of it. */
final class SetAside {
    private static final Logger LOG = LoggerFactory.getLogger(SetAside.class);
    private static final DateTimeFormatter STAMP =
            DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss").withZone(ZoneOffset.UTC);

    /** More in one second than can be meant. */
    private static final int NAMES = 1000;

    private SetAside() {}

    /**
     * Leaves the place of a store to a new one.
     *
     * @throws StoreException if the file cannot be renamed or the report cannot be begun; the file
     *     is in its place then
     */
    static void run(StoreFile file, DamagedStoreException damage) {
        Instant now = Instant.now();
        try {
            StoreFile aside = move(file, damage, now);
            file.forceFolders();
            Path report = report(aside);
            try (Writer text = Files.newBufferedWriter(report, StandardOpenOption.APPEND)) {
                DamageReport.write(aside, text);
            }
            LOG.warn(
                    "Store {} was damaged: {}. It is now {}, and {} says what could be read of it;"
                            + " an empty store takes its place",
                    file,
                    damage.damage(),
                    aside,
                    report);
        } catch (IOException e) {
            throw new StoreException(
                    "Store "
                            + file
                            + " is damaged ("
                            + damage.damage()
                            + "), and setting it aside failed ("
                            + e
                            + "). Mend the cause, or move the file away yourself",
                    e);
        }
    }

    /** The report comes first: whoever creates it has its name, and that of the file. */
    private static StoreFile move(StoreFile file, DamagedStoreException damage, Instant now)
            throws IOException {
        for (int n = 1; n <= NAMES; n++) {
            String name = ".damaged-" + STAMP.format(now) + (n == 1 ? "" : "-" + n);
            StoreFile aside = new StoreFile(Path.of(file.base() + name));
            if (aside.exists()) {
                continue;
            }
            try {
                Files.writeString(
                        report(aside),
                        heading(file, aside, damage, now),
                        StandardCharsets.UTF_8,
                        StandardOpenOption.CREATE_NEW);
            } catch (FileAlreadyExistsException e) {
                LOG.trace("{} is taken", aside, e);
                continue;
            }
            try {
                Files.move(file.path(), aside.path());
            } catch (IOException e) {
                Files.delete(report(aside));
                throw e;
            }
            return aside;
        }
        throw new IOException("no name is free for it");
    }

    private static Path report(StoreFile aside) {
        return Path.of(aside.base() + ".txt");
    }

    private static String heading(
            StoreFile file, StoreFile aside, DamagedStoreException damage, Instant now) {
        return """
                A session store of Holdfast was damaged and has been set aside.

                Store:     %s
                Damage:    %s
                Noticed:   %s
                Now named: %s

                Nothing of it was deleted. An empty store took its place.
                """
                .formatted(file, damage.damage(), now, aside);
    }
}
