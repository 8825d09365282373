//! A real broker for a test, and somebody who listens to it.

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rumqttc::v5::mqttbytes::QoS;
use rumqttc::v5::mqttbytes::v5::Packet;
use rumqttc::v5::{AsyncClient, Event, MqttOptions};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tempfile::TempDir;
use tokio::sync::watch;

/// Where Debian puts it.
const MOSQUITTO: &str = "/usr/sbin/mosquitto";

/// Far more than anything here takes on a busy machine.
const DEADLINE: Duration = Duration::from_secs(60);

/// A port that nobody listens on at this moment.
pub fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("bound").port()
}

/// A running mosquitto; ends when it is dropped.
pub struct Broker {
    pub port: u16,
    folder: TempDir,
    child: Child,
}

/// A mosquitto that was stopped; its sessions are on disk.
pub struct StoppedBroker {
    port: u16,
    folder: TempDir,
}

impl Broker {
    /// Starts it. `access` says who may do what, in mosquitto's words; everybody everything, if it
    /// is empty.
    pub fn start(port: u16, access: &str) -> Self {
        let access = if access.is_empty() { "allow_anonymous true" } else { access };
        let folder = tempfile::tempdir().expect("a folder");
        // Not 0, "unlimited": mosquitto 2.0.11 then cuts the client whose message it refuses, and
        // its refusal may be lost with the connection.
        let config = format!(
            "listener {port} 127.0.0.1\n{access}\nuser root\npersistence true\n\
             persistence_location {}/\nmax_queued_messages 100000\nlog_dest stderr\n",
            folder.path().display()
        );
        fs::write(folder.path().join("mosquitto.conf"), config).expect("written");
        Self::run(port, folder)
    }

    fn run(port: u16, folder: TempDir) -> Self {
        let child = Command::new(MOSQUITTO)
            .arg("-c")
            .arg(folder.path().join("mosquitto.conf"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap_or_else(|error| panic!("{MOSQUITTO}: {error}; run scripts/bootstrap"));
        let mut broker = Self { port, folder, child };
        let begun = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(begun.elapsed() < DEADLINE, "mosquitto does not listen");
            let ended = broker.child.try_wait().expect("its state");
            assert!(ended.is_none(), "mosquitto ended at once: {ended:?}");
            std::thread::sleep(Duration::from_millis(20));
        }
        broker
    }

    /// Ends it as its service manager would, so that it keeps the sessions.
    pub fn stop(mut self) -> StoppedBroker {
        let pid = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw);
        kill_process(pid.expect("a process id"), Signal::TERM).expect("told");
        self.child.wait().expect("ended");
        let folder = std::mem::replace(&mut self.folder, tempfile::tempdir().expect("a folder"));
        StoppedBroker { port: self.port, folder }
    }
}

impl StoppedBroker {
    /// Starts it again, with the sessions that it had.
    pub fn start_again(self) -> Broker {
        Broker::run(self.port, self.folder)
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        // It may have been stopped already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Somebody with a lasting session who listens to everything that boxes say.
pub struct Subscriber {
    received: watch::Receiver<Vec<(String, Value)>>,
    task: tokio::task::JoinHandle<()>,
}

impl Subscriber {
    /// Connects and subscribes; returns once the broker has confirmed it.
    pub async fn start(port: u16) -> Self {
        let mut options = MqttOptions::new("listener", "127.0.0.1", port);
        options
            .set_clean_start(false)
            .set_session_expiry_interval(Some(3600))
            .set_max_packet_size(Some(1024 * 1024));
        let (client, mut events) = AsyncClient::new(options, 10);
        client.try_subscribe("inspectd/v1/#", QoS::AtLeastOnce).expect("room for one");
        let (told, received) = watch::channel(Vec::new());
        let (subscribed, is_subscribed) = tokio::sync::oneshot::channel();
        let mut subscribed = Some(subscribed);
        let task = tokio::spawn(async move {
            let _client = client;
            loop {
                match events.poll().await {
                    Ok(Event::Incoming(Packet::SubAck(_))) => {
                        if let Some(subscribed) = subscribed.take() {
                            subscribed.send(()).expect("waited for");
                        }
                    }
                    Ok(Event::Incoming(Packet::Publish(publish))) => {
                        let topic = String::from_utf8(publish.topic.to_vec()).expect("UTF-8");
                        let message = serde_json::from_slice(&publish.payload).expect("JSON");
                        told.send_modify(|messages| messages.push((topic, message)));
                    }
                    Ok(_) => {}
                    Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
                }
            }
        });
        tokio::time::timeout(DEADLINE, is_subscribed)
            .await
            .expect("subscribed in time")
            .expect("the task lives");
        Self { received, task }
    }

    /// Waits until what was received, in its order, is enough.
    pub async fn wait_for(
        &self,
        is_enough: impl Fn(&[(String, Value)]) -> bool,
    ) -> Vec<(String, Value)> {
        let mut received = self.received.clone();
        let waited =
            tokio::time::timeout(DEADLINE, received.wait_for(|messages| is_enough(messages))).await;
        match waited {
            Ok(messages) => messages.expect("the task lives").clone(),
            Err(_) => panic!("not enough was received: {:#?}", self.received.borrow().last()),
        }
    }
}

/// Publishes one retained message, and returns once the broker has it.
pub async fn retain(port: u16, topic: &str, text: &str) {
    let options = MqttOptions::new("manager", "127.0.0.1", port);
    let (client, mut events) = AsyncClient::new(options, 10);
    client.try_publish(topic, QoS::AtLeastOnce, true, text.to_owned()).expect("room for one");
    let acknowledged = async {
        while !matches!(events.poll().await.expect("a link"), Event::Incoming(Packet::PubAck(_))) {}
    };
    tokio::time::timeout(DEADLINE, acknowledged).await.expect("acknowledged in time");
}

impl Drop for Subscriber {
    fn drop(&mut self) {
        self.task.abort();
    }
}
