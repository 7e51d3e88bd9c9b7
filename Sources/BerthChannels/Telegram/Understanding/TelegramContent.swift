import BerthText

/// The things beside the text of a message.
struct TelegramContent {
    /// The attachment that Berth reads, or nil.
    var attachment: TelegramAttachment?
    /// The kind of one that it does not read, or nil.
    var unread: String?
    /// The kind of a message about the chat itself, or nil.
    var service: String?

    init(_ object: JSONObject) {
        if let elements = object.elements("photo") {
            attachment = Self.largest(elements.prefix(Self.mostSizes), of: object)
            if attachment == nil { unread = "photo" }
            return
        }
        // An animation is also a document, for older clients.
        if let kind = Self.unread.first(where: { object.has($0) }) {
            unread = kind
            return
        }
        for (name, isSound) in Self.files where object.has(name) {
            guard let media = object.object(name).flatMap({ TelegramMedia($0) }) else {
                unread = name
                return
            }
            attachment = isSound ? .sound(media) : .document(media)
            return
        }
        guard !object.has("text"), !object.has("caption") else { return }
        if let kind = Self.services.first(where: { object.has($0) }) {
            service = kind
        } else {
            // A kind that was added to the Bot API later, or a message without content.
            unread = TelegramReader.name(in: object, without: Self.envelope) ?? "message"
        }
    }

    /// The most sizes of one photo that are looked at.
    ///
    /// Telegram makes four.
    private static let mostSizes = 16

    /// The largest size of a photo that Telegram hands out.
    private static func largest(
        _ elements: ArraySlice<Range<Int>>,
        of object: JSONObject
    ) -> TelegramAttachment? {
        var best: (area: Int, media: TelegramMedia)?
        for element in elements {
            guard let size = object.object(at: element), let media = TelegramMedia(size),
                !media.isTooLarge
            else { continue }
            let sides = [size.integer("width"), size.integer("height")].map { $0 ?? 0 }
            guard sides.allSatisfy({ 0...100_000 ~= $0 }) else { continue }
            let area = sides[0] * sides[1]
            if best.map({ area > $0.area }) ?? true { best = (area, media) }
        }
        return best.map { .photo($0.media) }
    }

    /// The files that are read, and whether they are sounds.
    private static let files: KeyValuePairs = [
        "document": false, "voice": true, "audio": true, "video_note": true,
    ]
    /// The kinds that are not read.
    private static let unread = [
        "sticker", "video", "animation", "location", "venue", "contact", "poll", "dice", "story",
        "game", "invoice", "checklist", "paid_media", "rich_message", "giveaway",
        "giveaway_winners",
    ]
    /// The kinds of messages about the chat itself, which are not answered.
    ///
    /// Source: <https://core.telegram.org/bots/api#message>.
    private static let services = [
        "new_chat_members", "left_chat_member", "new_chat_title", "new_chat_photo",
        "delete_chat_photo", "group_chat_created", "supergroup_chat_created",
        "channel_chat_created", "message_auto_delete_timer_changed", "pinned_message",
        "successful_payment", "refunded_payment", "users_shared", "chat_shared",
        "connected_website", "write_access_allowed", "passport_data", "proximity_alert_triggered",
        "boost_added", "chat_background_set", "forum_topic_created", "forum_topic_edited",
        "forum_topic_closed", "forum_topic_reopened", "general_forum_topic_hidden",
        "general_forum_topic_unhidden", "giveaway_created", "giveaway_completed",
        "paid_message_price_changed", "direct_message_price_changed", "checklist_tasks_done",
        "checklist_tasks_added", "suggested_post_approved", "suggested_post_approval_failed",
        "suggested_post_declined", "suggested_post_paid", "suggested_post_refunded",
        "video_chat_scheduled", "video_chat_started", "video_chat_ended",
        "video_chat_participants_invited", "web_app_data", "gift", "unique_gift",
    ]
    /// The members of a message that are no content.
    private static let envelope: Set<String> = [
        "message_id", "message_thread_id", "direct_messages_topic", "from", "sender_chat",
        "sender_boost_count", "sender_business_bot", "date", "business_connection_id", "chat",
        "forward_origin", "forward_from", "forward_from_chat", "forward_from_message_id",
        "forward_signature", "forward_sender_name", "forward_date", "is_topic_message",
        "is_automatic_forward", "reply_to_message", "external_reply", "quote", "reply_to_story",
        "reply_to_checklist_task_id", "via_bot", "edit_date", "has_protected_content",
        "is_from_offline", "is_paid_post", "media_group_id", "author_signature",
        "paid_star_count", "entities", "link_preview_options", "suggested_post_info",
        "effect_id", "caption_entities", "show_caption_above_media", "has_media_spoiler",
        "reply_markup",
    ]
}
