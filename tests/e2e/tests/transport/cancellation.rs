//! Dropping a call reaches the server.

use holdover_client::Transport as _;
use holdover_e2e::{Answer, Refusal, Site, transport};
use tokio::sync::mpsc;

use crate::request;

/// Says that it was dropped.
struct Guard(mpsc::UnboundedSender<&'static str>);

impl Drop for Guard {
    fn drop(&mut self) {
        let _ = self.0.send("dropped");
    }
}

#[tokio::test]
async fn a_dropped_call_ends_the_servers_work() {
    for site in Site::all() {
        let (events, mut happened) = mpsc::unbounded_channel();
        let server = site.serve(move |_| {
            let events = events.clone();
            async move {
                let _guard = Guard(events.clone());
                events.send("working").unwrap();
                std::future::pending::<Result<Answer, Refusal>>().await
            }
        });
        let transport = transport(&server);
        let mut pending = transport.unary(request(site.endpoint(&server), ""), Box::new(|_| {}));
        let event = tokio::select! {
            outcome = &mut pending => panic!("{site:?}: nobody answers, but {outcome:?} came"),
            event = happened.recv() => event,
        };
        assert_eq!(event, Some("working"));
        drop(pending);
        assert_eq!(happened.recv().await, Some("dropped"), "{site:?}");
    }
}
