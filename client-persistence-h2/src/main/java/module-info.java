/** A session store in an embedded H2 database. */
@SuppressWarnings({"module", "requires-automatic"}) // H2 ends in a digit and is no named module
module dev.holdfast.mqtt.h2 {
    requires com.h2database;
    requires transitive dev.holdfast.mqtt;
    requires java.sql;
    requires org.slf4j;

    exports dev.holdfast.mqtt.h2;
    exports dev.holdfast.mqtt.h2.files to
            com.h2database;
}
